package drill

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// dailyBackups: all kinds in one run, proven and reported.
var dailyBackups = []Scenario{
	{
		Name: "backup-daily", Expected: Recovered, machine: "backup-daily", everywhere: true, limit: 12 * time.Hour,
		Sentence: "Every kind is backed up by its own machine, every recovery point is proven, and the team is told so.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") }) },
		judge: func(r *run) []Invariant {
			list := append(r.filesHold(1), r.parametersHold(1)...)
			list = append(list, r.logsHold(1)...)
			list = append(list, r.deploymentsHold(1, "", 2)...)
			return append(append(list, r.copyExists()...), r.teamTold("Daily backup completed"), r.dayOf(5))
		},
	},
	{
		Name: "backup-daily-one-fails", Expected: FailedDirty, machine: "backup-daily", limit: 12 * time.Hour,
		Sentence: "The database cannot be copied for want of a key: the other kinds are backed up and proven all the same, and the day fails.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				recovery := r.env.Regions.Recovery
				r.say("fault", recovery, "the key %s is disabled", r.env.DatabaseKey(recovery))
				r.world.KMS.SetState(recovery, r.env.DatabaseKey(recovery), kms.Disabled)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			list := append(r.filesHold(1), r.parametersHold(1)...)
			list = append(list, r.logsHold(1)...)
			return append(list, r.teamTold("Daily backup failed"), r.teamTold("Database backup failed"))
		},
	},
	{
		Name: "backup-daily-infrastructure-fails", Expected: FailedDirty, machine: "backup-daily", limit: 12 * time.Hour,
		Sentence: "The source repository answers nobody: the other kinds are backed up and proven all the same, and the day fails.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "the source repository does not answer")
				r.world.Sources.Down(true)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			list := append(r.filesHold(1), r.parametersHold(1)...)
			list = append(list, r.logsHold(1)...)
			return append(append(list, r.copyExists()...), r.deploymentsHold(0, "", 0)[0], r.teamTold("Daily backup failed"), r.teamTold("Infrastructure backup failed"))
		},
	},
	{
		Name: "backup-daily-all-fail", Expected: FailedDirty, machine: "backup-daily", limit: 24 * time.Hour,
		Sentence: "The bucket denies every write and the quota of snapshots is reached: each kind fails by itself, and the day names all of them.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				primary := r.env.Regions.Primary
				r.refuseBackups()
				r.world.RDS.FillSnapshots(primary, r.env.DatabaseIn(primary), 100)
				r.startIn(primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.filesHold(0), r.teamTold("Daily backup failed"), r.everyKindNamed())
		},
	},
}

// dayOf: the day's output has so many kinds, all good.
func (r *run) dayOf(want int) Invariant {
	const name = "the day reports every kind"
	for _, x := range r.judged() {
		var out struct {
			Kinds []struct {
				Kind string
				OK   bool
			}
		}
		if err := json.Unmarshal(x.Output(), &out); err != nil || len(out.Kinds) != want {
			return verdict(name, false, "the output is %s: %v", x.Output(), err)
		}
	}
	return verdict(name, true, "%d kinds", want)
}

// everyKindNamed: the cause of a day on which everything failed names each kind.
func (r *run) everyKindNamed() Invariant {
	const name = "every failed kind is named"
	for _, x := range r.judged() {
		for _, kind := range []string{"application-data", "configuration", "infrastructure", "database", "logs"} {
			if !strings.Contains(x.Cause(), kind+": backup: ") {
				return verdict(name, false, "%s is not in: %s", kind, x.Cause())
			}
		}
	}
	return verdict(name, true, "5 kinds")
}
