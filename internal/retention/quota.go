package retention

import (
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Quota is what the manual snapshots of a region need, have and may have. It is reported and never obeyed: a snapshot is
// not removed early to fit.
type Quota struct {
	Region string `json:"region"`
	Needed int    `json:"needed"` // snapshots that the retention comes to hold
	Used   int    `json:"used"`   // snapshots that there are
	Limit  int    `json:"limit"`  // of the account; 0 when unknown
}

// Snapshots is how many manual snapshots the retention comes to hold in a region: those of every interval for as long as
// automated ones are kept, and one a day after that.
func Snapshots(e *environment.Environment) int {
	b := e.Backup.Database
	const day = 24 * time.Hour
	perDay := int(day / b.Interval.Std())
	return (int(b.Automated.Std()/day)+1)*perDay + int((b.Manual.Std()-b.Automated.Std())/day)
}

// Raise says what has to be raised, or "" when there is room.
func (q Quota) Raise() string {
	need := max(q.Needed, q.Used+1)
	switch {
	case q.Limit == 0:
		return fmt.Sprintf("the quota of manual DB snapshots in %s is unknown: find out whether it is at least %d", q.Region, need)
	case q.Limit < need:
		return fmt.Sprintf("raise the quota of manual DB snapshots in %s from %d to at least %d: the retention comes to hold %d and %d exist; none is removed early to fit", q.Region, q.Limit, need, q.Needed, q.Used)
	}
	return ""
}

// Missing is by how many snapshots the quota is too small, 0 when it is not. An unknown quota is too small by all of them.
func (q Quota) Missing() int { return max(0, max(q.Needed, q.Used+1)-q.Limit) }
