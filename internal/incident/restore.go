package incident

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Restore is what a restore remembers. It is kept in the incident of the table that a failover of the region would
// lock: the one of the other region of the pair.
type Restore struct {
	Region       string    `json:"region"`             // whose database is restored
	To           time.Time `json:"to"`                 // the moment, UTC
	Mode         string    `json:"mode"`               // replace, beside or System
	Source       string    `json:"source"`             // DbiResourceId of the instance that was live: it survives every renaming
	Live         string    `json:"live"`               // the name that services connect to
	Restored     string    `json:"restored"`           // name of the restored instance until it is put in place
	Kept         string    `json:"kept"`               // name that the old instance is kept under
	KeptReplica  string    `json:"keptReplica"`        // name that the old replica is kept under
	Safety       string    `json:"safety,omitempty"`   // snapshot of what was there
	Before       *Workload `json:"before,omitempty"`   // the services before they were stopped
	StoppedAt    time.Time `json:"stoppedAt,omitzero"` // no task ran any more
	Transactions int64     `json:"transactions"`       // next transaction number of the restored instance before anybody wrote to it; 0 until known
	LostRows     *int64    `json:"lost,omitempty"`     // transactions of the old instance after the moment
	Placing      bool      `json:"placing,omitempty"`  // the live name was asked for, for the restored instance
	InPlace      bool      `json:"inPlace,omitempty"`  // the restored instance carries the live name
	ReplicaBuilt bool      `json:"replicaBuilt,omitempty"`

	Data          *Part `json:"data,omitempty"`          // nil when no application data are restored
	Configuration *Part `json:"configuration,omitempty"` // nil when no configuration is
}

// System is the mode of a restore of the whole system. Its record is in the table of the region that is restored; that of the
// other region is locked only.
const System = "system"

// Part is what a restore remembers of something that it restores from a recovery point of this project.
type Part struct {
	Manifest string    `json:"manifest"`           // key of the point that is restored
	Change   string    `json:"change,omitempty"`   // as it is listed among the changes
	Safety   string    `json:"safety,omitempty"`   // key of the verified point of what was there
	SafetyAt time.Time `json:"safetyAt,omitzero"`  // when that was taken
	Touched  bool      `json:"touched,omitempty"`  // something of what was there may be changed
	Restored bool      `json:"restored,omitempty"` // all of it is as in the point
	At       time.Time `json:"at,omitzero"`        // when that was so
}

// Settle records that what was restored is what serves. From here on nothing of it is taken back by itself, so no change
// of it says any more how.
func (i *Incident) Settle(changes ...string) {
	i.Restore.InPlace = true
	for _, part := range []*Part{i.Restore.Data, i.Restore.Configuration} {
		if part != nil && part.Touched {
			changes = append(changes, part.Change)
		}
	}
	for n := range i.Changes {
		if slices.Contains(changes, i.Changes[n].What) {
			i.Changes[n].Undo = ""
		}
	}
}

// NewStoreIn opens the table of a region of the pair.
func NewStoreIn(p platform.Platform, region string) *Store {
	return &Store{
		table: table{db: dynamodb.NewFromConfig(p.In(region)), name: p.Environment.IncidentTable()},
		clock: p.Clock, environment: p.Environment, in: func(other string) *Store { return NewStoreIn(p, other) },
	}
}

// BeginRestore opens a new incident for a restore, or gives back the one that the owner has open already. While it is
// open, no failover starts; while a failover has one open, or one got past the point of no return and did not end,
// it fails with AlreadyRunning. A cool-down does not stop it, since people start restores, and goes on beside it.
func (s *Store) BeginRestore(ctx context.Context, owner, trigger string, restore Restore) (Incident, error) {
	const op = "open an incident for a restore"
	for range attempts {
		last, version, err := s.present(ctx)
		switch {
		case err != nil:
			return Incident{}, err
		case last.State == Open && last.Owner == owner:
			return last, nil
		}
		if err := last.refuse(op, "restore"); err != nil {
			return Incident{}, err
		}
		if last.Fence.Before != nil && last.Outcome != Recovered && len(last.Outstanding()) > 0 {
			return Incident{}, failure.New(failure.AlreadyRunning, op, "the failover of incident %d closed %s in part and ended %s", last.Epoch, last.Fence.Region, last.Outcome).
				Next("finish the failover first: start it again")
		}
		next := Incident{
			Epoch: last.Epoch + 1, Owner: owner, State: Open, Trigger: trigger, OpenedAt: s.clock.Now(), CoolDownUntil: last.CoolDownUntil,
			Stage: "opened", Fence: Fence{State: FenceNone}, Restore: &restore, Failback: last.unfinished(),
		}
		next.inherit(last)
		if err := s.table.write(ctx, PresentKey, version, next); !errors.Is(err, errConflict) {
			return next, err
		}
	}
	return Incident{}, contended(PresentKey)
}

// refuse tells why another procedure cannot begin after this incident, or beside it; nil when it can.
func (i Incident) refuse(op, procedure string) error {
	switch {
	case i.State == Open:
		return failure.New(failure.AlreadyRunning, op, "incident %d is open and belongs to %s", i.Epoch, i.Owner).
			Next("wait for its end, then start the %s again", procedure)
	case i.Promotion != NotPromoted && i.Outcome != Recovered:
		return failure.New(failure.AlreadyRunning, op, "the failover of incident %d got past the promotion and ended %s", i.Epoch, i.Outcome).
			Next("finish the failover first: start it again")
	}
	return nil
}

// inherit takes over what a restore left that ended half way, above all how large the services were: the next one finds
// them stopped, and would take nothing for what there was.
func (i *Incident) inherit(last Incident) {
	if last.Restore == nil || last.Restore.Before == nil || last.Outcome == Recovered || last.Outcome == FailedClean || last.Outcome == StoodDown {
		return
	}
	if left := last.Outstanding(); len(left) > 0 {
		i.Restore.Before, i.Changes = last.Restore.Before, left
	}
}

// RedriveWithin is how long alarms start no failover after a restore was stopped half way: what they tell is that it
// stopped the services itself, and a failover in between would take the lock that a redrive needs.
const RedriveWithin = 5 * time.Minute

// hold keeps alarms from starting a failover while a restore that was stopped half way can be redriven.
func (i *Incident) hold() {
	if i.Restore == nil || i.Restore.Before == nil || len(i.Outstanding()) == 0 {
		return
	}
	if until := i.EndedAt.Add(RedriveWithin); until.After(i.CoolDownUntil) {
		i.CoolDownUntil = until
	}
}

// Latest is the role that was decided last, of two regions' records: after a failover the old primary's may be old.
func Latest(one, other Role) Role {
	if other.Epoch > one.Epoch {
		return other
	}
	return one
}
