package incident

import "time"

// RecoveryTime is how long clients were without the system, and never less than it was: from the last moment at which the old
// primary was seen serving, or from the first at which it was seen down, or, when it was drained as planned, from then on; and
// until the last client's resolver must have forgotten the old answer, the TTL of the public name after the end.
// known is false when it did not end in a recovery, when nobody looked, since the opening of an incident is no beginning of an
// outage, and for a restore, whose clients were without the system by intention.
func (i Incident) RecoveryTime(ttl time.Duration) (took time.Duration, known bool) {
	if i.Outcome != Recovered || i.Restore != nil || i.Seen.FirstDown.IsZero() && i.Seen.LastServing.IsZero() {
		return 0, false
	}
	since := i.OpenedAt
	if !i.Seen.FirstDown.IsZero() && i.Seen.FirstDown.Before(since) {
		since = i.Seen.FirstDown
	}
	if !i.Seen.LastServing.IsZero() && i.Seen.LastServing.Before(since) {
		since = i.Seen.LastServing
	}
	if i.Drain != nil { // until then it served, as planned
		since = i.Drain.BeganAt
	}
	return i.EndedAt.Add(ttl).Sub(since), true
}
