package drill_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

func TestASeriesDoesNotDependOnItsWorkers(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	run := func(workers int, first uint64) *drill.SeriesResult {
		r, err := drill.RunSeries(t.Context(), drill.SeriesOptions{
			Environment: e, Scenarios: []string{"region-outage", "healthy-primary"}, Seeds: 3, First: first, Workers: workers,
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, two, other := run(1, 1), run(2, 1), run(2, 2)
	if !reflect.DeepEqual(one, two) {
		t.Errorf("with one worker %+v, with two %+v", one, two)
	}
	if len(one.Series) != 2 || !one.Ok() || one.Series[0].AsExpected != 3 {
		t.Fatalf("two scenarios of three seeds, all as expected: %+v", one)
	}
	outage, healthy := one.Series[0], one.Series[1]
	if outage.Recovery == nil || outage.Recovery.Runs != 3 || outage.Recovery.Median > outage.Recovery.Worst || outage.Path == nil || outage.Path.Worst < 1 {
		t.Errorf("an outage has a recovery time and a critical path: %+v", outage)
	}
	if healthy.Path != nil || healthy.Recovery != nil {
		t.Errorf("nothing was recovered in %s: %+v, %+v", healthy.Scenario, healthy.Path, healthy.Recovery)
	}
	if other.Series[0].Fingerprint == one.Series[0].Fingerprint {
		t.Error("other seeds have the same fingerprint")
	}
}

func TestASeriesRefusesWhatItCannotRun(t *testing.T) {
	for _, c := range []struct {
		o    drill.SeriesOptions
		want string
	}{
		{drill.SeriesOptions{Scenarios: []string{"region-outrage"}, Seeds: 1}, "region-outrage"},
		{drill.SeriesOptions{}, "at least 1 seed"},
	} {
		if _, err := drill.RunSeries(t.Context(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, wanted %q", c.o, err, c.want)
		}
	}
}
