package asl

import "time"

// Clock is the virtual clock of a run, such as lab/sim's: one thread, callbacks run one after the other,
// those of the same instant in the order in which they were asked for.
type Clock interface {
	Now() time.Time
	// After calls f after d; cancel keeps a call that has not happened from happening.
	After(d time.Duration, f func()) (cancel func())
}
