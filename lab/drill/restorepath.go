package drill

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// RestorePath is what a restore's time went into, in seconds, as the lab saw it by looking once a second: in each second
// something in the world was under way that the orchestration can only wait for, or nothing was.
type RestorePath struct {
	Seconds  float64 `json:"seconds"` // from the answer of the person, or the start without one, to the end
	Legs     []Leg   `json:"legs"`
	Total    float64 `json:"total"`    // of the legs: what could not be shorter
	Overhead float64 `json:"overhead"` // in which nothing was under way
	Ratio    float64 `json:"ratio"`    // seconds / total
}

// Leg is a stretch of a path.
type Leg struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// tick is what was under way at one look; "" for nothing.
type tick struct {
	at, synced time.Time // synced: when the file system's replication was last complete
	doing      string
}

// watchRestore looks at what a restore waits for.
func (r *run) watchRestore() {
	var worked time.Time
	r.world.Cloud.Observe(func(c cloud.Record) {
		for _, service := range []string{"S3.", "SSM.", "KMS."} {
			if strings.HasPrefix(c.Operation, service) {
				worked = c.At
			}
		}
	})
	r.world.Sim.Every(lookInterval, lookInterval, func() {
		t := tick{at: r.world.Sim.Now(), doing: r.doing()}
		if t.doing == "" && t.at.Sub(worked) <= 2*lookInterval {
			t.doing = "read, verify and write recovery points"
		}
		if f := r.world.EFS.Find(r.where(), r.env.FileSystem(r.where())); f != nil {
			if replication := r.world.EFS.Of(f); replication != nil && replication.Source == f {
				t.synced = replication.LastSync
			}
		}
		r.ticks = append(r.ticks, t)
	})
}

// doing is what AWS is at, of the things that take longest first.
func (r *run) doing() string {
	for _, i := range r.world.RDS.Instances(r.where()) {
		switch i.Status {
		case "available":
		case "renaming":
			return "rename a database"
		default:
			return "restore the database"
		}
	}
	for _, p := range r.world.RDS.Snapshots(r.where()) {
		if p.Status == "creating" {
			return "take the safety snapshot"
		}
	}
	for _, w := range r.world.ECS.Workloads(r.where()) {
		switch {
		case w.Running() > w.Desired():
			return "stop the services"
		case w.Healthy() < w.Desired():
			return "start the services"
		}
	}
	for _, i := range r.world.RDS.Instances(r.env.Pair(r.where())) {
		if i.Status != "available" {
			return "rebuild the replica"
		}
	}
	if live := r.liveDatabase(); live != nil && live != r.restoring.old {
		if _, ok := r.world.RDS.BackedUpIn(r.env.Pair(r.where()), live); !ok {
			return "replicate the backups"
		}
	}
	return ""
}

// restorePath sums up what was seen; nil when nothing was restored in place.
func (r *run) restorePath() *RestorePath {
	x := r.recovery()
	if x == nil || len(r.ticks) == 0 {
		return nil
	}
	from, written := x.StartedAt(), time.Time{}
	for _, v := range x.StateVisits() {
		switch v.Name {
		case "JudgeAnswer":
			from = v.Entered
		case "RestoreData":
			written = v.Exited
		}
	}
	p := &RestorePath{Seconds: x.StoppedAt().Sub(from).Seconds()}
	for _, t := range r.ticks {
		if t.at.Before(from) || t.at.After(x.StoppedAt()) {
			continue
		}
		if t.doing == "" && !written.IsZero() && t.at.After(written) && !t.synced.IsZero() && !t.synced.After(written) {
			t.doing = "replicate the files"
		}
		if t.doing == "" {
			p.Overhead += lookInterval.Seconds()
			continue
		}
		p.add(t.doing)
	}
	p.Total = max(1, p.Seconds-p.Overhead)
	p.Ratio = p.Seconds / p.Total
	return p
}

func (p *RestorePath) add(name string) {
	for n := range p.Legs {
		if p.Legs[n].Name == name {
			p.Legs[n].Seconds += lookInterval.Seconds()
			return
		}
	}
	p.Legs = append(p.Legs, Leg{name, lookInterval.Seconds()})
}
