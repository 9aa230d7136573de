package console

import (
	"bytes"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/drill"
)

func TestSeriesShowsEachScenarioAndWhatToRepeat(t *testing.T) {
	var out bytes.Buffer
	fingerprint := strings.Repeat("0123456789abcdef", 4)
	r := &drill.SeriesResult{Seeds: 3, First: 1, Series: []drill.Series{
		{Scenario: "region-outage", Expected: drill.Recovered, AsExpected: 3, Fingerprint: fingerprint,
			Recovery: &drill.Distribution{Runs: 3, Median: 880, Worst: 912}, Path: &drill.Distribution{Runs: 3, Median: 1.01, Worst: 1.04}},
		{Scenario: "backup-data", Expected: drill.Recovered, AsExpected: 2, Fingerprint: fingerprint,
			Otherwise: []drill.Otherwise{{Outcome: drill.FailedDirty, Repeat: "go run ./cmd/drctl drill backup-data --seed 2"}}},
	}}
	if err := (Screen{Out: &out, Width: PipeWidth}).Series(r); err != nil {
		t.Fatal(err)
	}
	golden(t, "series.txt", out.String())
}
