package functions_test

import (
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// TestTheWatcherNeverClosesAPrimaryThatNothingReplaces: a run wrote down that it would promote, and died before it did. The
// primary serves, and the watcher leaves it alone; the next execution puts the record right, once a promotion would show.
func TestTheWatcherNeverClosesAPrimaryThatNothingReplaces(t *testing.T) {
	p := begin(t, 41)
	claim := p.open()
	remove := p.Cloud.Inject(cloud.Fault{Operation: "RDS.PromoteReadReplica", Effect: cloud.Unreachable})
	p.fails("promotereplica", `{"action":"promote",`+claim+`}`, "Unavailable")
	remove()
	if i := p.incident(); i.Promotion != incident.PromotionRequested {
		t.Fatalf("the record says %q", i.Promotion)
	}
	p.pass(65 * time.Second) // the watcher comes by every minute
	if !p.ServesClients(p.e.Regions.Primary) {
		t.Error("the watcher closed the only database that serves")
	}
	p.gives("promotereplica", `{"action":"carried",`+claim+`}`, map[string]any{"state": "wait", "carried": "requested"})
	p.pass(3 * time.Minute)
	p.gives("promotereplica", `{"action":"carried",`+claim+`}`, map[string]any{"state": "ready", "carried": ""})
	if i := p.incident(); i.Promotion != incident.NotPromoted || len(i.Outstanding()) != 0 {
		t.Errorf("nothing was promoted, and the record says %q with %v", i.Promotion, i.Outstanding())
	}
}
