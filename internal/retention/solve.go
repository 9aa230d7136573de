package retention

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Depth is how deeply a point was verified. "" is not at all.
type Depth string

// The depths, each more than the one before it.
const (
	Attributes Depth = "attributes" // the checksums that S3 stores were compared with the manifest
	Copied     Depth = "copied"     // RDS has finished a copy in the other region, under that region's key
	Content    Depth = "content"    // every byte was read and hashed
	Restored   Depth = "restored"   // it was restored and looked at
)

var depths = []Depth{Attributes, Copied, Content, Restored}

// AtLeast tells whether d is as deep as other or deeper. A depth that nobody knows is less than any other.
func (d Depth) AtLeast(other Depth) bool {
	return slices.Index(depths, d) >= slices.Index(depths, other)
}

// Point is one recovery point, as far as retention has to know it.
type Point struct {
	ID          string    // manifest key or snapshot identifier: unique within its kind
	Kind        string    // application-data, ...
	Class       Class     // from its tag; "" when it has none: then the calendar decides among the points that are there
	Taken       time.Time // the time to which it restores
	Verified    time.Time // when it last passed; zero when never
	Depth       Depth     // how deeply it was verified then
	Hold        bool      // a legal hold lies on it
	LockedUntil time.Time // of its Object Lock; zero without
	Refers      []string  // IDs of the points of its kind whose stored objects are part of it
}

// Reason is the rule that keeps a point the longest.
type Reason string

// The reasons besides the classes.
const (
	LegalHold      Reason = "legal hold"
	Locked         Reason = "object lock"
	NewestVerified Reason = "newest verified"
	Newest         Reason = "newest"
	ReferredTo     Reason = "referred to"
	Unplaced       Reason = "unknown class"
)

// Decision is what becomes of a point.
type Decision struct {
	Point
	Keep  bool
	Until time.Time // the first moment at which it may go; zero: there is none in sight
	Why   Reason    // a class or one of the reasons
}

// Solve decides on a set of points, in the order of their kinds, times and IDs. It needs all points of a kind: the newest
// verified one of each depth, and the newest of all, are never given up, however old they are.
func Solve(rules Rules, points []Point, now time.Time) []Decision {
	decisions := make([]Decision, len(points))
	for i, p := range points {
		decisions[i].Point = p
	}
	slices.SortStableFunc(decisions, func(a, b Decision) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), a.Taken.Compare(b.Taken), strings.Compare(a.ID, b.ID))
	})
	for start := 0; start < len(decisions); {
		end := start
		for end < len(decisions) && decisions[end].Kind == decisions[start].Kind {
			end++
		}
		solveKind(rules, decisions[start:end])
		start = end
	}
	for i := range decisions {
		d := &decisions[i]
		d.Keep = d.Until.IsZero() || now.Before(d.Until)
	}
	return decisions
}

// solveKind decides on the points of one kind, which are in the order of time.
func solveKind(rules Rules, all []Decision) {
	var previous time.Time
	for i := range all {
		d := &all[i]
		if d.Class == "" {
			d.Class = ClassOf(d.Kind, d.Taken, previous)
		}
		previous = d.Taken
		d.Until, d.Why = rules.Until(d.Class, d.Taken), Reason(d.Class)
		if d.Until.IsZero() {
			d.Why = Unplaced
		}
		d.extend(d.LockedUntil, Locked)
		if d.Hold {
			d.Until, d.Why = time.Time{}, LegalHold
		}
	}
	keepNewest(all)
	keepReferred(all)
}

// extend keeps a point longer, never shorter.
func (d *Decision) extend(until time.Time, why Reason) {
	if !d.Until.IsZero() && until.After(d.Until) {
		d.Until, d.Why = until, why
	}
}

func (d *Decision) forever(why Reason) {
	if !d.Until.IsZero() {
		d.Until, d.Why = time.Time{}, why
	}
}

// keepNewest keeps the newest point, and the newest that was verified at each depth or a deeper one.
func keepNewest(all []Decision) {
	for _, depth := range depths {
		for i := range slices.Backward(all) {
			if d := &all[i]; !d.Verified.IsZero() && d.Depth.AtLeast(depth) {
				d.forever(NewestVerified)
				break
			}
		}
	}
	all[len(all)-1].forever(Newest)
}

// keepReferred keeps what a point refers to as long as the point. References go back in time; one that goes elsewhere is
// followed all the same, as often as it takes.
func keepReferred(all []Decision) {
	at := make(map[string]int, len(all))
	for i := range all {
		at[all[i].ID] = i
	}
	for changed := true; changed; {
		changed = false
		for i := range slices.Backward(all) {
			for _, id := range all[i].Refers {
				j, there := at[id]
				if !there {
					continue
				}
				before := all[j].Until
				if all[i].Until.IsZero() {
					all[j].forever(ReferredTo)
				} else {
					all[j].extend(all[i].Until, ReferredTo)
				}
				changed = changed || !before.Equal(all[j].Until)
			}
		}
	}
}
