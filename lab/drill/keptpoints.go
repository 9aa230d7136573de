package drill

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
)

// keptPoints: what retention leaves of the points in the bucket when nothing newer takes their place.
var keptPoints = []Scenario{
	{
		Name: "keep-last-verified", Expected: Recovered, machine: "backup-data", limit: 60 * 24 * time.Hour,
		Sentence: "After three backups, of which the last is verified, nothing is backed up for 36 days: the month's point and the verified one restore, the other one has expired.",
		prepare: func(r *run) {
			primary := r.env.Regions.Primary
			r.at(0, r.stopTheRest)
			r.at(time.Minute, func() { r.startIn(primary, `{"reason":"the first of the month"}`) })
			r.at(10*time.Minute, func() { r.changeFiles(); r.startIn(primary, "{}") })
			r.at(25*time.Minute, func() { r.startIn(primary, "{}") })
			r.at(30*time.Minute, func() {
				if _, err := r.world.States.Start(primary, r.env.MachineName("verify-backup"), "", json.RawMessage(`{"depth":"content"}`)); err != nil {
					panic(fmt.Sprintf("lab: start verify-backup: %v", err))
				}
			})
			for n := range 36 * 4 {
				r.at(time.Hour+time.Duration(n)*6*time.Hour, func() { r.call(primary, "keepverified", "{}") })
			}
		},
		judge: func(r *run) []Invariant { return []Invariant{r.lastVerifiedStays()} },
	},
}

// stopTheRest leaves nothing that goes on by itself: 36 days of heartbeats say nothing about recovery points.
func (r *run) stopTheRest() {
	r.world.Traffic.Stop()
	for _, region := range r.world.Cloud.Regions() {
		for _, s := range r.world.Scheduler.Schedules(region) {
			r.world.Scheduler.Set(region, s.Name, true)
		}
	}
}

// lastVerifiedStays: of the three points the first (the month's) and the last (the verified one) are there and restore byte for
// byte, and the one between is not.
func (r *run) lastVerifiedStays() Invariant {
	const name = "the last verified point outlives its class"
	bucket := r.env.BucketIn(r.env.Regions.Primary, r.env.Buckets.Backups)
	var left []string
	for _, o := range r.world.S3.Objects(bucket) {
		if kind, taken, ok := manifest.ParseKey(o.Key); ok && kind == retention.ApplicationData {
			if _, err := r.restore(bucket, o); err != nil {
				return verdict(name, false, "%s does not restore: %v", o.Key, err)
			}
			left = append(left, taken.Format("15:04"))
		}
	}
	first := r.judged()[0].StartedAt()
	want := fmt.Sprint([]string{first.Format("15:04"), first.Add(24 * time.Minute).Format("15:04")})
	return verdict(name, fmt.Sprint(left) == want, "the points of %v are there, of %s they should be", left, want)
}
