package functions_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/labtest"
	"github.com/acso/disaster-recovery/lab/world"
)

// These tests run the real machine with the real handlers and look at the world that is left. What users would have seen
// is judged by package drill.

// place is a world with what a test wants to know about it.
type place struct {
	*world.World
	t        *testing.T
	e        *environment.Environment
	mutated  map[string]int // successful mutating calls of functions, by operation, since the last quiet moment
	failover []*stepfunctions.Execution
}

const warmUp = 10 * time.Minute

func begin(t *testing.T, seed uint64) *place {
	t.Helper()
	o := labtest.Production(t)
	o.Seed = seed
	e := o.Environment
	p := &place{t: t, e: e, mutated: map[string]int{}}
	p.World = world.New(o)
	p.Cloud.Observe(func(r cloud.Record) {
		if r.Mutating && r.Err == nil {
			p.mutated[r.Operation]++
		}
		if r.Err != nil && strings.Contains(r.Err.Error(), "not authorized") {
			t.Errorf("%s: %v", r.Caller, r.Err)
		}
	})
	p.States.OnEnd(func(x *stepfunctions.Execution) {
		if x.Machine == p.e.MachineName("failover") && !strings.Contains(string(x.Output()), "AlreadyRunning") { // EventBridge delivers at least once
			p.failover = append(p.failover, x)
		}
	})
	p.pass(warmUp)
	p.mutated = map[string]int{}
	return p
}

func (p *place) pass(d time.Duration) { p.Sim.Run(p.Sim.Now().Add(d), nil) }

// ended lets time pass until n executions of the failover have ended.
func (p *place) ended(n int, limit time.Duration) *stepfunctions.Execution {
	p.t.Helper()
	if !p.Sim.Run(p.Sim.Now().Add(limit), func() bool { return len(p.failover) >= n }) {
		p.t.Fatalf("%d of %d executions ended within %s", len(p.failover), n, limit)
	}
	return p.failover[n-1]
}

func (p *place) incident() incident.Incident {
	p.t.Helper()
	var i incident.Incident
	for _, item := range p.DynamoDB.Items(p.e.Regions.Recovery, p.e.IncidentTable()) {
		if key, ok := item["pk"].(*types.AttributeValueMemberS); ok && key.Value == "incident" {
			document, _ := item["document"].(*types.AttributeValueMemberS)
			if err := json.Unmarshal([]byte(document.Value), &i); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	return i
}

func (p *place) path(x *stepfunctions.Execution) string {
	var names []string
	for _, visit := range x.StateVisits() {
		names = append(names, visit.Name)
	}
	return strings.Join(names, " ")
}

func (p *place) want(x *stepfunctions.Execution, status asl.Status, words ...string) {
	p.t.Helper()
	text := string(x.Output()) + x.Error() + ": " + x.Cause()
	if x.Status() != status {
		p.t.Fatalf("ended %s, want %s: %s\npath: %s", x.Status(), status, text, p.path(x))
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			p.t.Errorf("the end does not say %q: %s", word, text)
		}
	}
}

// approveAFailoverFromAServingPrimary cuts Route 53's checkers off, raises an alarm, and says yes to the question.
func (p *place) approveAFailoverFromAServingPrimary() {
	p.Cloud.Cut(cloud.Checkers, p.e.Regions.Primary)
	p.OnQuestion(func(x *stepfunctions.Execution) {
		p.Sim.After(time.Minute, func() { p.Reply(x, world.Answer{Approved: true, By: "Ada"}) })
	})
	p.pass(2 * time.Minute)
	p.Alarm()
}

func TestHealthyPrimaryStandsDownAndChangesNothing(t *testing.T) {
	p := begin(t, 1)
	p.Alarm()
	x := p.ended(1, 10*time.Minute)
	p.want(x, asl.Succeeded, `"outcome":"stood-down"`)
	for operation := range p.mutated {
		if operation != "DynamoDB.PutItem" && operation != "CloudWatch.PutMetricData" {
			t.Errorf("a false alarm led to %s", operation)
		}
	}
	if i := p.incident(); i.State != incident.Closed || i.Outcome != incident.StoodDown || len(i.Changes) != 0 || !i.CoolDownUntil.IsZero() {
		t.Errorf("the incident is %+v", i)
	}
}

func TestDeadRegionRecoversOwesTheFenceAndPaysItLater(t *testing.T) {
	p := begin(t, 2)
	p.Cloud.Kill(p.e.Regions.Primary)
	x := p.ended(1, time.Hour)
	p.want(x, asl.Succeeded, `"outcome":"recovered"`, `"fence":"owed"`)
	if i := p.incident(); i.Promotion != incident.PromotionDone || i.Fence.State != incident.FenceOwed || i.State != incident.Closed || i.LossSeconds == nil {
		t.Errorf("the incident is %+v", i)
	}
	p.Cloud.Revive(p.e.Regions.Primary)
	p.pass(20 * time.Minute)
	i := p.incident()
	if i.Fence.State != incident.FenceProven {
		t.Errorf("20 minutes after the region returned the fence is %s: %+v", i.Fence.State, i.Fence.Evidence)
	}
	for _, w := range p.ECS.Workloads(p.e.Regions.Primary) {
		if w.Desired() != 0 || w.Running() != 0 {
			t.Errorf("%s runs %d of %d tasks behind the fence", w.Name, w.Running(), w.Desired())
		}
	}
	if p.EC2.Open(p.e.Regions.Primary, p.e.DatabaseACL(p.e.Regions.Primary)) {
		t.Error("the old database can be reached")
	}
	if got := p.DNS.Answer(p.e.Domain.Name); got != p.e.RegionalName(p.e.Regions.Recovery) {
		t.Errorf("clients are sent to %s", got)
	}
	p.Alarm()
	p.want(p.ended(2, time.Hour), asl.Succeeded, "stood-down", "CoolingDown")
}

func TestApprovedWhileServingIsFencedFirst(t *testing.T) {
	p := begin(t, 3)
	p.approveAFailoverFromAServingPrimary()
	x := p.ended(1, time.Hour)
	p.want(x, asl.Succeeded, `"outcome":"recovered"`, `"fence":"proven"`, `"approvedBy":"Ada"`)
	i := p.incident()
	if i.Fence.ProvenAt.IsZero() || i.Fence.ProvenAt.After(i.RequestedAt) {
		t.Errorf("the fence was proven at %s and the promotion requested at %s", i.Fence.ProvenAt, i.RequestedAt)
	}
	for _, check := range i.Fence.Evidence {
		if check.Result != incident.Pass {
			t.Errorf("%+v", check)
		}
	}
}

func TestApprovedBehindAPartitionIsRefusedWithoutAFence(t *testing.T) {
	p := begin(t, 4)
	p.Cloud.Cut(p.e.Regions.Recovery, p.e.Regions.Primary)
	p.OnQuestion(func(x *stepfunctions.Execution) {
		p.Sim.After(time.Minute, func() { p.Reply(x, world.Answer{Approved: true, By: "Ada"}) })
	})
	x := p.ended(1, time.Hour)
	p.want(x, asl.Failed, "FailedClean", "fencedByHand true", "Nothing is left changed")
	if p.mutated["RDS.PromoteReadReplica"] != 0 {
		t.Error("the replica was promoted")
	}
	if i := p.incident(); i.State != incident.Closed || i.Outcome != incident.FailedClean || i.Fence.State != incident.FenceNone {
		t.Errorf("the incident is %+v", i)
	}
}

func TestAFenceThatCannotBeProvenIsTakenBack(t *testing.T) {
	p := begin(t, 5)
	p.approveAFailoverFromAServingPrimary()
	p.Cloud.Inject(cloud.Fault{Operation: "EC2.CreateNetworkAclEntry", Effect: cloud.ErrorBefore})
	p.want(p.ended(1, 2*time.Hour), asl.Failed, "FailedClean", "Nothing is left changed")
	for _, w := range p.ECS.Workloads(p.e.Regions.Primary) {
		low, high, scaled := p.ECS.Bounds(p.e.Regions.Primary, w.Name)
		if w.Desired() != 2 || scaled && (low == 0 || high == 0) {
			t.Errorf("%s wants %d tasks, scaled %d-%d, after the fence was taken back", w.Name, w.Desired(), low, high)
		}
	}
	if i := p.incident(); i.Fence.State != incident.FenceNone || len(i.Outstanding()) != 0 || p.mutated["RDS.PromoteReadReplica"] != 0 {
		t.Errorf("the incident is %+v", i)
	}
}

func TestAFailureAfterThePointOfNoReturnSaysWhatWasChanged(t *testing.T) {
	p := begin(t, 7)
	p.approveAFailoverFromAServingPrimary()
	remove := p.Cloud.Inject(cloud.Fault{Operation: "EFS.DeleteReplicationConfiguration", Effect: cloud.ErrorBefore})
	p.want(p.ended(1, 2*time.Hour), asl.Failed, "FailedDirty", "file system: Unavailable: promote file system",
		"promotion of acso-production-db-replica requested; it cannot be taken back", "start no service of us-east-1", "start the failover again")
	if i := p.incident(); i.State != incident.Closed || i.Fence.State != incident.FenceProven || !i.CoolDownUntil.IsZero() {
		t.Errorf("the incident is %+v", i)
	}
	// A person removes the cause and starts again: the second failover goes on where the first one stopped.
	remove()
	asked := 0
	p.OnQuestion(func(*stepfunctions.Execution) { asked++ })
	if _, err := p.States.Start(p.e.Regions.Recovery, p.e.MachineName("failover"), "again", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	p.want(p.ended(2, 2*time.Hour), asl.Succeeded, `"outcome":"recovered"`, `"epoch":2`, `"fence":"proven"`)
	if asked != 0 {
		t.Error("a person was asked whether to go on with what cannot be taken back")
	}
	if got := p.mutated["RDS.PromoteReadReplica"]; got != 1 {
		t.Errorf("the replica was promoted %d times", got)
	}
}

func TestAbortReleasesTheLockAndRedriveTakesItBack(t *testing.T) {
	p := begin(t, 6)
	p.Cloud.Kill(p.e.Regions.Primary)
	p.pass(5 * time.Minute)
	running := slices.DeleteFunc(slices.Clone(p.States.Executions()), func(x *stepfunctions.Execution) bool { return x.Machine != p.e.MachineName("failover") })
	x := running[len(running)-1]
	if x.Status() != asl.Running || p.incident().State != incident.Open {
		t.Fatalf("5 minutes after the outage the execution is %s and the incident %s", x.Status(), p.incident().State)
	}
	x.Stop("Aborted", "by the test")
	p.pass(time.Minute)
	if i := p.incident(); i.State != incident.Closed || i.Outcome != incident.Aborted || !i.Released {
		t.Fatalf("a minute after the abort the incident is %+v", i)
	}
	if err := x.Redrive(); err != nil {
		t.Fatal(err)
	}
	p.failover = nil
	p.want(p.ended(1, time.Hour), asl.Succeeded, `"outcome":"recovered"`)
	if got := p.mutated["RDS.PromoteReadReplica"]; got != 1 {
		t.Errorf("the replica was promoted %d times", got)
	}
}
