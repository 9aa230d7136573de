package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/switching"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/statemachines"
)

// board is the body of the recovery dashboard of a region: is it ready, what would be lost now, how long did it take, are
// the backups good, and when was it last tried. It shows no number that nothing measures; a test holds it to the lab.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type board struct {
	env     *environment.Environment
	region  string
	widgets []any
	x, y    int
}

func dashboard(e *environment.Environment, region string) string {
	b := &board{env: e, region: region}
	b.text(fmt.Sprintf("# %s, seen from %s\nNo data is not zero: a gap means that nothing was measured. What to do: docs/runbooks/failover.md", e.Prefix(), region))
	b.readiness()
	b.watching()
	b.losses()
	b.recoveries()
	b.backups()
	b.drills()
	body, err := json.Marshal(map[string]any{"widgets": b.widgets})
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return string(body)
}

// readiness is whether this region could be activated, as it is evaluated again and again.
func (b *board) readiness() {
	if _, deployed := functions.Named("readiness"); !deployed {
		return
	}
	b.graph(widget{title: "Ready to be activated (1) or not (0)", statistic: "Minimum", metrics: [][]any{b.ours("ACSO/Readiness", "Ready")}})
	b.graph(widget{title: "Readiness: checks that failed or are unknown", metrics: [][]any{b.ours("ACSO/Readiness", "Findings")}})
}

func (b *board) watching() {
	b.graph(widget{title: "Active region seen down (1) or serving (0)", metrics: [][]any{b.ours(switching.Namespace, switching.PrimaryUnhealthy)}})
	if b.region == b.env.Regions.Recovery { // where the switch is
		b.graph(widget{title: "Failover switch: 1 sends clients to " + b.env.Regions.Recovery, metrics: [][]any{b.ours(switching.Namespace, switching.Switch)}})
	}
}

// losses are what would be lost now: by a failover, and by going back to the newest verified recovery point.
func (b *board) losses() {
	b.graph(widget{
		title: "RPO now: what a failover would lose, in seconds", limit: b.env.Policies.Lag.Limit.Std().Seconds(),
		metrics: [][]any{b.ours(switching.Namespace, switching.LossBound), {"AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", b.env.DatabaseIn(b.region)}},
	})
	var ages [][]any
	for _, kind := range retention.Kinds {
		if watching.AgeLimit(b.env, kind) > 0 {
			ages = append(ages, []any{watching.Namespace, watching.Age, watching.Dimension, kind})
		}
	}
	b.graph(widget{title: "RPO now: age of the newest verified recovery point, in seconds", limit: b.env.Objectives.RecoveryPoint.Critical.Std().Seconds(), metrics: ages})
}

// recoveries are how failovers ended and how long they took.
func (b *board) recoveries() {
	var ended [][]any
	for _, metric := range []string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} {
		ended = append(ended, b.execution("failover", metric))
	}
	b.graph(widget{title: "Failover executions", statistic: "Sum", metrics: ended})
	b.graph(widget{title: "RTO history: duration of failovers, in milliseconds", history: true, limit: float64(b.env.Objectives.RecoveryTime.Critical.Std().Milliseconds()), metrics: [][]any{b.execution("failover", "ExecutionTime")}})
}

func (b *board) backups() {
	b.graph(widget{title: "Backup success of the rolling month, in percent", statistic: "Minimum", limit: b.env.Objectives.BackupSuccess, metrics: [][]any{{watching.Namespace, watching.SuccessRate}}})
	b.graph(widget{title: "Backup jobs that failed (1)", metrics: [][]any{{watching.Namespace, watching.JobStatus}, {watching.Namespace, watching.VerificationStatus}}})
}

// rehearsals are the machines whose executions are drills: of backups, of restores, of a failover.
var rehearsals = []string{"verify-backup", "test-restore", "test-failover"}

// drills shows on which day each was last run, and how it ended: Step Functions counts that.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
func (b *board) drills() {
	var passed, failed [][]any
	for _, machine := range rehearsals {
		if _, exists := statemachines.Named(machine); exists {
			passed = append(passed, b.execution(machine, "ExecutionsSucceeded"))
			failed = append(failed, b.execution(machine, "ExecutionsFailed"))
		}
	}
	b.graph(widget{title: "Last drill: passed, by day", statistic: "Sum", history: true, metrics: passed})
	b.graph(widget{title: "Last drill: failed, by day", statistic: "Sum", history: true, metrics: failed})
}

// ours is a metric of ours about the whole environment.
func (b *board) ours(namespace, metric string) []any {
	return []any{namespace, metric, "Environment", b.env.Name}
}

func (b *board) execution(machine, metric string) []any {
	return []any{"AWS/States", metric, "StateMachineArn", b.env.MachineARN(b.region, machine)}
}

// The grid is 24 units wide.
const (
	gridWidth   = 24
	graphWidth  = 8
	graphHeight = 6
	textHeight  = 2
)

func (b *board) text(markdown string) {
	b.widgets = append(b.widgets, map[string]any{"type": "text", "x": 0, "y": 0, "width": gridWidth, "height": textHeight, "properties": map[string]any{"markdown": markdown}})
	b.y = textHeight
}

// widget is a graph of metrics.
type widget struct {
	title     string
	statistic string  // "" for the worst: Maximum
	limit     float64 // a line; 0 for none
	history   bool    // three months by day, and not now by the minute
	metrics   [][]any
}

// graph puts a graph to the right of the last one, or below.
func (b *board) graph(w widget) {
	if w.statistic == "" {
		w.statistic = "Maximum"
	}
	properties := map[string]any{"title": w.title, "region": b.region, "stat": w.statistic, "period": 60, "view": "timeSeries", "metrics": w.metrics}
	if w.history {
		properties["period"], properties["start"] = 86400, "-P3M"
	}
	if w.limit != 0 {
		properties["annotations"] = map[string]any{"horizontal": []any{map[string]any{"label": "objective", "value": w.limit}}}
	}
	b.widgets = append(b.widgets, map[string]any{"type": "metric", "x": b.x, "y": b.y, "width": graphWidth, "height": graphHeight, "properties": properties})
	if b.x += graphWidth; b.x == gridWidth {
		b.x, b.y = 0, b.y+graphHeight
	}
}
