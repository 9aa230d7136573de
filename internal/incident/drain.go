package incident

import "time"

// Drain is how a planned switchover took the writes from the old primary, and what shows that the replica has them all.
type Drain struct {
	BeganAt    time.Time `json:"beganAt"`
	StoppedAt  time.Time `json:"stoppedAt,omitzero"`  // no service ran a task any more
	CaughtUpAt time.Time `json:"caughtUpAt,omitzero"` // the replica had everything that was written until StoppedAt
	Position   int64     `json:"position,omitempty"`  // in the log of the old primary, bytes, that the replica had replayed
	LastRow    time.Time `json:"lastRow,omitzero"`    // the mark written behind the last write, as the replica showed it
}
