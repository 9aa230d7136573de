// Package following says which schedules, rules and alarms are enabled in the active region alone, and which in the one that
// stands by.
//
// It knows nothing of functions, whose schedules run in both regions: each finds out by itself what its region's role is.
package following

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/watching"
)

// Item is something that is enabled by the role of its region.
type Item struct {
	Name    string // deployed
	Standby bool   // enabled where the region stands by, and not where it is active
}

// Enabled tells whether it is enabled in a region that is active or not.
func (i Item) Enabled(active bool) bool { return active != i.Standby }

// Rules are the EventBridge rules; a test holds them equal to those of statemachines.Rules.
func Rules(e *environment.Environment) []Item {
	return []Item{
		{Name: e.Prefix() + "-parameter-changed"},
		{Name: e.Prefix() + "-deployed"},
		{Name: e.Prefix() + "-deployed-on-standby", Standby: true},
	}
}

// Schedule tells whether a schedule follows the role: those that start machines do.
func Schedule(target string) bool { return strings.Contains(target, ":stateMachine:") }

// Alarms are the alarms on backups that a region has. The one on snapshots is not among them, since copies fill the quota of
// the region that stands by, too; nor are those on copies that failed, since the last of a region are made when it stands by already.
// Those on what is behind, the replica and S3's copies, belong to where it arrives.
func Alarms(e *environment.Environment, region string) []Item {
	var items []Item
	for _, a := range watching.Alarms(e, region) {
		if a.Metric != watching.SnapshotsMissing && a.Metric != watching.CopyFailed {
			items = append(items, Item{Name: a.Name, Standby: a.Metric == watching.ReplicaLag || a.Metric == watching.CopyLatency})
		}
	}
	return items
}

// NotReadyAlarm is the alarm on a region that could not have been activated for more than an hour.
func NotReadyAlarm(e *environment.Environment) string { return e.Prefix() + "-not-ready" }

// quiet is how long a region that was left behind may stay unready without a page: whoever was at the failover knows it.
const quiet = 24 * time.Hour

// NotReadyPages tells whether that alarm may page in a region, by the role that was decided last and when the region was last
// found ready. A region that was left is not ready by its nature until it was rebuilt: it pages from when it was ready once as
// the standby, or after a day.
func NotReadyPages(role incident.Role, region string, readyAt, now time.Time) bool {
	left := role.Epoch > 0 && role.ActiveRegion != region
	return !left || readyAt.After(role.ChangedAt) || now.Sub(role.ChangedAt) > quiet
}
