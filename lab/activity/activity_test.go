package activity_test

import (
	"context"
	"math"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/activity"
)

func TestFirings(t *testing.T) {
	for _, row := range []struct {
		expression string
		want       float64
	}{{"rate(1 minute)", 43800}, {"rate(6 hours)", 730.0 / 6}, {"cron(0 3 * * ? *)", 730.0 / 24}, {"cron(0/15 * * * ? *)", 2920}} {
		got, err := activity.Firings(row.expression, 730)
		if err != nil || math.Abs(got-row.want) > 0.1 {
			t.Errorf("%s fires %.2f times, %v; want %.2f", row.expression, got, err, row.want)
		}
	}
	if _, err := activity.Firings("every day", 730); err == nil {
		t.Error("an expression that is none was counted")
	}
}

func TestTransitions(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a scenario of every machine")
	}
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	measured, err := activity.Transitions(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	if measured[e.MachineName("failover")] < 20 || measured[e.MachineName("backup-database")] < 3 {
		t.Errorf("measured %v", measured)
	}
}
