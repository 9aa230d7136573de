package cloudwatch

import "testing"

// The tables of "How alarm state is evaluated when data is missing":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
func TestMissingDataTables(t *testing.T) {
	const keep = State("keep")
	for _, row := range []struct {
		points                               string // oldest first, as AWS writes them
		needed                               int    // of 3
		missing, ignore, breaching, notBreak State
	}{
		{"0-X-X", 3, OK, OK, OK, OK},
		{"----0", 3, OK, OK, OK, OK},
		{"-----", 3, InsufficientData, keep, Alarm, OK},
		{"0XX-X", 3, Alarm, Alarm, Alarm, Alarm},
		{"--X--", 3, Alarm, keep, Alarm, OK},
		{"0-X-X", 2, Alarm, Alarm, Alarm, Alarm},
		{"00X0X", 2, Alarm, Alarm, Alarm, Alarm},
		{"----0", 2, OK, OK, Alarm, OK},
	} {
		points := make([]point, 5)
		for i, c := range row.points {
			points[4-i] = map[rune]point{'-': gone, '0': good, 'X': bad}[c]
		}
		for treatment, want := range map[string]State{missing: row.missing, ignore: row.ignore, breaching: row.breaching, notBreaching: row.notBreak} {
			if got := decide(points, 3, row.needed, treatment, keep); got != want {
				t.Errorf("%s, %d of 3, %s: %s, want %s", row.points, row.needed, treatment, got, want)
			}
		}
	}
}
