package drill

import (
	"strings"
	"time"
)

// backups: the procedures that every recovery rests on. They run where the data is, in the primary region.
var backups = []Scenario{
	{
		Name: "backup-database", Expected: Recovered, machine: "backup-database", everywhere: true,
		Sentence: "A snapshot of the database is taken and copied to us-west-2 under a key of that region.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") }) },
		judge:    (*run).copyExists,
	},
	{
		Name: "verify-backup", Expected: FailedClean, machine: "verify-backup",
		Sentence: "A backup has a corrupted, a missing, an extra and a truncated object: verification fails and names each of them.",
		prepare: func(r *run) {
			r.at(0, func() {
				r.damage = r.world.DamageBackup(r.world.PutBackup(objectsOfABackup))
				r.say("fault", r.env.Regions.Primary, "four objects of the backup are damaged: %s", strings.Join(r.damaged(), ", "))
			})
			r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: (*run).damageNamed,
	},
	{
		Name: "verify-backup-intact", Expected: Recovered, machine: "verify-backup",
		Sentence: "Every object of a backup is what its manifest says, and verification says so.",
		prepare: func(r *run) {
			r.at(0, func() { r.world.PutBackup(objectsOfABackup) })
			r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: func(*run) []Invariant { return nil },
	},
}

// objectsOfABackup is enough for several batches of the Distributed Map.
const objectsOfABackup = 120

// copyExists looks for a snapshot of this run in both regions, both available, the copy as new as the original.
func (r *run) copyExists() []Invariant {
	const name = "the copy in the recovery region is complete"
	began := r.world.Sim.Now().Add(-patient)
	for _, original := range r.world.RDS.Snapshots(r.env.Regions.Primary) {
		for _, twin := range r.world.RDS.Snapshots(r.env.Regions.Recovery) {
			if original.Cut().After(began) && original.Cut().Equal(twin.Cut()) && original.Status == "available" && twin.Status == "available" {
				return []Invariant{verdict(name, true, "%s is the copy of %s, cut at %s", twin.ID, original.ID, original.Cut().Format(time.RFC3339))}
			}
		}
	}
	return []Invariant{verdict(name, false, "no available snapshot has an available copy in %s", r.env.Regions.Recovery)}
}

func (r *run) damaged() []string {
	d := r.damage
	return []string{d.Corrupted, d.Missing, d.Extra, d.Truncated}
}

// damageNamed looks for the names of all damaged objects, and of no other, in the cause of the failure.
func (r *run) damageNamed() []Invariant {
	const name = "every damaged object is named"
	cause := ""
	for _, x := range r.judged() {
		cause += x.Cause()
	}
	for _, key := range r.damaged() {
		if !strings.Contains(cause, key) {
			return []Invariant{verdict(name, false, "%s is not named in: %s", key, cause)}
		}
	}
	named := strings.Count(cause, "application-data/case-")
	return []Invariant{verdict(name, named == len(r.damaged()), "%d objects are named, 4 are damaged", named)}
}
