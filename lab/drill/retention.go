package drill

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
)

// kept: what retention leaves of the snapshots, in both regions, before the day's own is taken.
var kept = []Scenario{
	{
		Name: "prune-snapshots", Expected: Recovered, machine: "backup-database",
		Sentence: "Snapshots of 13 months are pruned in both regions: what retention promises stays, and a quota that is too small is reported.",
		prepare: func(r *run) {
			r.at(0, r.laySnapshots)
			for _, region := range r.world.Cloud.Regions() {
				r.at(time.Minute, func() { r.prune(region) })
			}
			r.at(5*time.Minute, func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: func(r *run) []Invariant {
			return slices.Concat(r.prunedExactly(), r.quotaReported(), r.copyExists())
		},
	},
}

// aged are snapshots by age: days before today and the hour at which they were taken. The first of a day is kept 12 months
// and the others 35 days, both from the end of the day on.
var aged = []struct {
	days, hour int
	stays      bool
}{
	{400, 2, false}, {374, 2, false}, {372, 2, true}, {100, 2, true}, {100, 8, false}, {36, 2, true}, {36, 8, false}, {36, 20, false},
	{35, 2, true}, {35, 8, true}, {1, 2, true}, {1, 20, true},
}

func (r *run) snapshotName(days, hour int) (string, time.Time) {
	at := r.world.Sim.Now().Truncate(24*time.Hour).AddDate(0, 0, -days).Add(time.Duration(hour) * time.Hour)
	return r.env.Database.Identifier + "-" + at.Format("20060102-150405") + "-01234567", at // as function snapshot names them
}

func (r *run) laySnapshots() {
	primary, recovery := r.env.Regions.Primary, r.env.Regions.Recovery
	for _, s := range aged {
		name, at := r.snapshotName(s.days, s.hour)
		r.world.RDS.PutSnapshot(primary, name, r.env.DatabaseIn(primary), at)
		r.world.RDS.PutSnapshot(recovery, name+catalog.CopySuffix, r.env.DatabaseIn(recovery), at)
	}
}

// prune runs the function as its schedule does, and keeps its answer.
func (r *run) prune(region string) { r.call(region, "prunesnapshots", `{"apply":true}`) }

// call runs a function as a schedule or a person does, and keeps its answer.
func (r *run) call(region, function, payload string) {
	r.expecting++
	r.world.Lambda.Invoke(r.world.Lambda.ARN(region, r.env.FunctionName(function)), json.RawMessage(payload), func(answer json.RawMessage, err *lambda.Error) {
		r.expecting--
		if err != nil {
			r.say("service", region, "%s failed: %v", function, err)
			return
		}
		r.answers = append(r.answers, string(answer))
	})
}

// prunedExactly compares the snapshots that are left with the promise.
func (r *run) prunedExactly() []Invariant {
	const name = "retention leaves what it promises, and nothing else"
	for _, region := range r.world.Cloud.Regions() {
		for _, s := range aged {
			id, _ := r.snapshotName(s.days, s.hour)
			if region == r.env.Regions.Recovery {
				id += catalog.CopySuffix
			}
			if there := r.world.RDS.Snapshot(region, id) != nil; there != s.stays {
				return []Invariant{verdict(name, false, "%s in %s, %d days old: it should stay %t, and is there %t", id, region, s.days, s.stays, there)}
			}
		}
	}
	return []Invariant{verdict(name, true, "%d snapshots in each region, judged one by one", len(aged))}
}

// quotaReported looks for what has to be raised, in the answers of both regions.
func (r *run) quotaReported() []Invariant {
	const name = "a quota that is too small is reported"
	reported := 0
	for _, answer := range r.answers {
		if strings.Contains(answer, "raise the quota of manual DB snapshots in "+r.env.Regions.Primary) || strings.Contains(answer, "raise the quota of manual DB snapshots in "+r.env.Regions.Recovery) {
			reported++
		}
	}
	return []Invariant{verdict(name, reported == 2, "%d of 2 regions say what to raise", reported)}
}
