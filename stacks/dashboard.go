package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/switching"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/statemachines"
)

// board is the body of the recovery dashboard of a region: is it ready, what would be lost now, how long did it take, are
// the backups good, and when was it last tried. It shows no number that nothing measures; a test holds it to the lab.
//
// It needs no change when the roles of the regions change: each graph has a line for either region, and the first says which of them
// serves. A region that is dead has gaps, on the dashboard of the other too.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_xaxr_dashboard.html
type board struct {
	env     *environment.Environment
	region  string
	widgets []any
	x, y    int
}

func dashboard(e *environment.Environment, region string) string {
	b := &board{env: e, region: region}
	b.text(fmt.Sprintf("# %s, seen from %s\nThe line of the region that is active counts: see the first graph. No data is not zero: a gap means that nothing was measured. What to do: docs/runbooks/failover.md", e.Prefix(), region))
	b.roles()
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

// roles are which region serves, as each of the two knows it.
func (b *board) roles() {
	b.graph(widget{title: "Active region: 1 where the system serves", metrics: b.ours(switching.Namespace, switching.Active)})
}

// readiness is whether a region could be activated, as it is evaluated again and again.
func (b *board) readiness() {
	if _, deployed := functions.Named("readiness"); !deployed {
		return
	}
	b.graph(widget{title: "State of readiness: ready to be activated (1) or not (0)", statistic: "Minimum", metrics: b.ours("ACSO/Readiness", "Ready")})
	b.graph(widget{title: "State of readiness: checks that failed or are unknown", metrics: b.ours("ACSO/Readiness", "Findings")})
}

func (b *board) watching() {
	b.graph(widget{title: "Active region seen down (1) or serving (0), from the other", metrics: b.ours(switching.Namespace, switching.PrimaryUnhealthy)})
	home := b.env.Regions.Recovery // where the switch is
	b.graph(widget{title: "Failover switch: 1 sends clients to " + home, metrics: []metric{{home, []any{switching.Namespace, switching.Switch, "Environment", b.env.Name}}}})
}

// losses are what would be lost now: by a failover, and by going back to the newest verified recovery point.
func (b *board) losses() {
	behind := b.each(func(region string) []any {
		return []any{"AWS/RDS", watching.ReplicaLag, "DBInstanceIdentifier", b.env.DatabaseIn(region)}
	})
	b.graph(widget{
		title: "RPO now: what a failover would lose, in seconds", limit: b.env.Policies.Lag.Limit.Std().Seconds(),
		metrics: append(b.ours(switching.Namespace, switching.LossBound), behind...),
	})
	var ages []metric
	for _, kind := range retention.Kinds {
		if watching.AgeLimit(b.env, kind) > 0 {
			ages = append(ages, b.each(func(string) []any { return []any{watching.Namespace(b.env), watching.Age, watching.Dimension, kind} })...)
		}
	}
	b.graph(widget{title: "RPO now: age of the newest verified recovery point, in seconds", limit: b.env.Objectives.RecoveryPoint.Critical.Std().Seconds(), metrics: ages})
}

// recoveries are how failovers ended and how long clients were without the system.
func (b *board) recoveries() {
	var ended []metric
	for _, name := range []string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} {
		ended = append(ended, b.executions("failover", name)...)
	}
	b.graph(widget{title: "Failover executions", statistic: "Sum", metrics: ended})
	b.graph(widget{
		title: "RTO history: how long clients were without the system, in seconds, by the region that took over", history: true,
		limit: b.env.Objectives.RecoveryTime.Critical.Std().Seconds(), metrics: b.ours(switching.Namespace, switching.RecoveryTime),
	})
}

func (b *board) backups() {
	backups := func(name string) []metric {
		return b.each(func(string) []any { return []any{watching.Namespace(b.env), name} })
	}
	b.graph(widget{title: "Backup success of the rolling month, in percent", statistic: "Minimum", limit: b.env.Objectives.BackupSuccess, metrics: backups(watching.SuccessRate)})
	b.graph(widget{title: "Backup jobs that failed (1)", metrics: append(backups(watching.JobStatus), backups(watching.VerificationStatus)...)})
}

// rehearsals are the machines whose executions are drills: of backups, of restores, of a failover.
var rehearsals = []string{"verify-backup", "test-restore", "test-failover"}

// drills shows on which day each was last run, and how it ended: Step Functions counts that.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
func (b *board) drills() {
	var passed, failed []metric
	for _, machine := range rehearsals {
		if _, exists := statemachines.Named(machine); exists {
			passed = append(passed, b.executions(machine, "ExecutionsSucceeded")...)
			failed = append(failed, b.executions(machine, "ExecutionsFailed")...)
		}
	}
	b.graph(widget{title: "Last drill: passed, by day", statistic: "Sum", history: true, metrics: passed})
	b.graph(widget{title: "Last drill: failed, by day", statistic: "Sum", history: true, metrics: failed})
}

// metric is one line of a graph: namespace, name and dimensions, in a region.
type metric struct {
	region string
	id     []any
}

// each is a metric of both regions, the dashboard's own first.
func (b *board) each(of func(region string) []any) []metric {
	other := b.env.Pair(b.region)
	return []metric{{b.region, of(b.region)}, {other, of(other)}}
}

// ours is a metric of ours about the whole environment.
func (b *board) ours(namespace, name string) []metric {
	return b.each(func(string) []any { return []any{namespace, name, "Environment", b.env.Name} })
}

func (b *board) executions(machine, name string) []metric {
	return b.each(func(region string) []any {
		return []any{"AWS/States", name, "StateMachineArn", b.env.MachineARN(region, machine)}
	})
}

// line is the metric as a graph has it. Its label says the region and what tells it from the other lines.
func (m metric) line() []any {
	name := m.id[1]
	if last := fmt.Sprint(m.id[len(m.id)-1]); len(m.id) > 2 && m.id[2] == watching.Dimension || m.id[0] == "AWS/States" {
		name = last[strings.LastIndex(last, ":")+1:] + " " + fmt.Sprint(name)
	}
	return append(slices.Clone(m.id), map[string]any{"region": m.region, "label": fmt.Sprintf("%s %s", m.region, name)})
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
	metrics   []metric
}

// graph puts a graph to the right of the last one, or below.
func (b *board) graph(w widget) {
	if w.statistic == "" {
		w.statistic = "Maximum"
	}
	lines := make([]any, len(w.metrics))
	for i, m := range w.metrics {
		lines[i] = m.line()
	}
	properties := map[string]any{"title": w.title, "region": b.region, "stat": w.statistic, "period": 60, "view": "timeSeries", "metrics": lines}
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
