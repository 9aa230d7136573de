package cloudwatch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// State is an alarm's state.
type State = types.StateValue

// The states.
const (
	OK               = types.StateValueOk
	Alarm            = types.StateValueAlarm
	InsufficientData = types.StateValueInsufficientData
)

// Treatment of missing data.
const (
	missing      = "missing"
	ignore       = "ignore"
	breaching    = "breaching"
	notBreaching = "notBreaching"
)

// beyond is by how many data points the evaluation range is longer than the evaluation periods. AWS says that it looks
// at more data points than that and shows five for three; "3? or 4?" periods are reported for one. A guess for others.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
const beyond = 2

type point int

const (
	gone point = iota
	good
	bad
)

// decide gives the new state from the points of the evaluation range, newest first, as the page above says: real data
// points come before the treatment of missing ones, which only counts when fewer than the evaluation periods are real.
func decide(points []point, periods, needed int, treatment string, present State) State {
	real, breaches, oldestBreach := 0, 0, 0
	for i, p := range points {
		if p == gone || real == periods {
			continue
		}
		real++
		if p == bad {
			breaches++
			oldestBreach = i + 1
		}
	}
	absent := periods - real
	switch {
	case breaches >= needed:
		return Alarm
	case absent == 0:
		return OK
	case treatment == breaching:
		if breaches+absent >= needed {
			return Alarm
		}
		return OK
	case treatment == notBreaching:
		return OK
	case treatment == ignore:
		if real > 0 && (breaches == 0 || breaches+absent < needed) {
			return OK
		}
		return present
	case real == 0:
		return InsufficientData
	case breaches == real && oldestBreach >= needed:
		// "Premature" alarms: every data point that there is breaches, and the oldest is old enough.
		return Alarm
	}
	return OK
}

// points reads the evaluation range that ends with the last complete period. That the running period is left out is a
// guess: AWS does not say it, and a sum over half a period would be wrong.
func (s *Service) points(a *alarm) []point {
	step := time.Duration(*a.definition.Period) * time.Second
	end := s.cloud.Sim.Now().Truncate(step)
	out := make([]point, a.periods+beyond)
	m := s.metrics[a.metric]
	for i := range out {
		b, ok := m.between(end.Add(-step), end)
		end = end.Add(-step)
		if !ok {
			continue
		}
		out[i] = good
		if v, _ := b.statistic(string(a.definition.Statistic)); a.breaches(v) {
			out[i] = bad
		}
	}
	return out
}

// led is when the first of the data points was put that speak for a state without a break until now.
func (s *Service) led(a *alarm, state State) (since time.Time) {
	m := s.metrics[a.metric]
	if m == nil || state == InsufficientData {
		return time.Time{}
	}
	for i := len(m.minutes) - 1; i >= 0; i-- {
		if v, _ := m.minutes[i].statistic(string(a.definition.Statistic)); a.breaches(v) != (state == Alarm) {
			break
		}
		since = m.minutes[i].first
	}
	return since
}

func (a *alarm) breaches(v float64) bool {
	threshold := *a.definition.Threshold
	switch a.definition.ComparisonOperator {
	case types.ComparisonOperatorGreaterThanThreshold:
		return v > threshold
	case types.ComparisonOperatorGreaterThanOrEqualToThreshold:
		return v >= threshold
	case types.ComparisonOperatorLessThanThreshold:
		return v < threshold
	}
	return v <= threshold
}

// tick evaluates an alarm once a minute, while its region lives.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html: an alarm whose period is a
// minute or longer is evaluated every minute.
func (s *Service) tick(a *alarm) {
	if !s.cloud.Alive(a.region) {
		return
	}
	state := decide(s.points(a), a.periods, a.needed, a.treatment, a.state)
	s.change(a, state, reason(state))
}

// reason is shorter than AWS's, which lists the data points.
func reason(state State) string {
	switch state {
	case OK:
		return "Threshold not crossed by the most recent datapoints."
	case Alarm:
		return "Threshold Crossed by the most recent datapoints."
	}
	return "Insufficient Data: no datapoints were received."
}
