package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// These tests call single functions through the boundary that Lambda calls, with their own grants, in a whole world.

type realm struct{ *sim.Sim }

// call runs one function as a process of the lab. It gives the output, or the error type that a state machine would see.
func (p *place) call(name, region, payload string) (output map[string]any, failed string) {
	p.t.Helper()
	f, ok := functions.Named(name)
	if !ok {
		p.t.Fatalf("there is no function %s", name)
	}
	principal := cloud.Principal{Name: name, Region: region, Grants: f.Grants(p.e, region)}
	handler := f.New(platform.Platform{
		AWS: p.Cloud.Config(principal), Environment: p.e, Clock: realm{p.Sim},
		HTTP: p.ECS.Transport(region), DNS: p.DNS.Resolver(region), SQL: p.RDS.OpenerFor(principal),
	})
	over := false
	var answer json.RawMessage
	var err error
	p.Sim.Go(context.Background(), func(ctx context.Context) { answer, err = handler(ctx, json.RawMessage(payload)) }, func(bool) { over = true })
	p.Sim.Run(p.Sim.Now().Add(time.Hour), func() bool { return over })
	var boundary messages.InvokeResponse_Error
	if errors.As(err, &boundary) {
		return nil, boundary.Type + ": " + boundary.Message
	}
	if err != nil {
		p.t.Fatalf("%s left the boundary with a %T: %v", name, err, err)
	}
	if err := json.Unmarshal(answer, &output); err != nil {
		p.t.Fatal(err)
	}
	return output, ""
}

// open opens an incident in the recovery region and gives the claim as JSON fields.
func (p *place) open() string {
	p.t.Helper()
	out, failed := p.call("incident", p.e.Regions.Recovery, `{"action":"open","owner":"arn:test","trigger":"test"}`)
	if failed != "" {
		p.t.Fatal(failed)
	}
	return fmt.Sprintf(`"epoch":%v,"owner":"arn:test"`, out["epoch"])
}

func (p *place) fails(name, payload, want string) {
	p.t.Helper()
	out, failed := p.call(name, p.e.Regions.Recovery, payload)
	if !strings.HasPrefix(failed, want) {
		p.t.Errorf("%s %s gives %q %v, want %s", name, payload, failed, out, want)
	}
}

func (p *place) gives(name, payload string, want map[string]any) map[string]any {
	p.t.Helper()
	out, failed := p.call(name, p.e.Regions.Recovery, payload)
	if failed != "" {
		p.t.Fatalf("%s %s fails: %s", name, payload, failed)
	}
	for field, value := range want {
		if out[field] != value {
			p.t.Errorf("%s %s gives %s = %v, want %v: %v", name, payload, field, out[field], value, out)
		}
	}
	return out
}

func TestNobodyActsWithoutTheLock(t *testing.T) {
	p := begin(t, 11)
	p.open()
	p.mutated = map[string]int{}
	const stranger = `"epoch":1,"owner":"arn:stranger"`
	for name, payload := range map[string]string{
		"promotereplica": `{"action":"promote",%s}`, "promotedata": `{"action":"promote",%s}`, "scaleecs": `{"tier":"critical",%s}`,
		"fence": `{"action":"close",%s}`, "flipdns": `{"target":"recovery",%s}`, "validate": `{"mode":"standby",%s}`,
	} {
		p.fails(name, fmt.Sprintf(payload, stranger), "Superseded")
		p.fails(name, fmt.Sprintf(payload, `"epoch":7,"owner":"arn:test"`), "Superseded")
		p.fails(name, `{"surprise":1}`, "InvalidInput")
	}
	for operation := range p.mutated {
		if strings.HasPrefix(operation, "RDS.") || strings.HasPrefix(operation, "ECS.") || strings.HasPrefix(operation, "EFS.") || strings.HasPrefix(operation, "EC2.") {
			t.Errorf("without the lock: %s", operation)
		}
	}
}

func TestPromotionIsCheckedBeforeAndAfter(t *testing.T) {
	p := begin(t, 12)
	claim := p.open()
	region, replica := p.e.Regions.Recovery, p.e.DatabaseIn(p.e.Regions.Recovery)
	p.gives("promotereplica", `{"action":"check",`+claim+`}`, map[string]any{"state": "ready"})
	p.RDS.BackUp(region, replica, 5*time.Minute)
	p.gives("promotereplica", `{"action":"check",`+claim+`}`, map[string]any{"state": "wait", "status": "backing-up"})
	p.gives("promotereplica", `{"action":"promote",`+claim+`}`, map[string]any{"state": "wait"})
	if i := p.incident(); i.Promotion != incident.NotPromoted || len(i.Outstanding()) != 0 {
		t.Errorf("a refused promotion is remembered as one: %+v", i)
	}
	p.pass(10 * time.Minute)
	p.gives("promotereplica", `{"action":"promote",`+claim+`}`, map[string]any{"state": "promoting"})
	p.gives("promotereplica", `{"action":"promote",`+claim+`}`, map[string]any{"state": "promoting"})
	p.gives("promotereplica", `{"action":"status",`+claim+`}`, map[string]any{"state": "promoting", "status": "available"})
	p.pass(30 * time.Minute)
	p.gives("promotereplica", `{"action":"status",`+claim+`}`, map[string]any{"state": "done", "source": ""})
	if got := p.RDS.Instance(region, replica); got.Retention != p.e.Database.BackupRetention.Days() || p.mutated["RDS.PromoteReadReplica"] != 1 {
		t.Errorf("retention %d days, promoted %d times", got.Retention, p.mutated["RDS.PromoteReadReplica"])
	}
}

func TestAWriterThatNobodyPromotedIsRefused(t *testing.T) {
	p := begin(t, 13)
	claim := p.open()
	p.RDS.Promoted(p.e.Regions.Recovery, p.e.DatabaseIn(p.e.Regions.Recovery))
	p.fails("promotereplica", `{"action":"check",`+claim+`}`, "Unsafe")
	p.fails("promotereplica", `{"action":"promote",`+claim+`}`, "Unsafe")
}

func TestScalingNeverGoesDown(t *testing.T) {
	p := begin(t, 14)
	claim := p.open()
	region := p.e.Regions.Recovery
	p.ECS.Scale(region, p.e.Service(region, "supervisor"), 4)
	p.pass(5 * time.Minute)
	p.gives("scaleecs", `{"tier":"critical",`+claim+`}`, map[string]any{"reached": false, "degraded": true})
	p.pass(5 * time.Minute)
	p.gives("scaleecs", `{"tier":"critical",`+claim+`}`, map[string]any{"reached": true, "degraded": false})
	if w := p.ECS.Workload(region, p.e.Service(region, "supervisor")); w.Desired() != 4 {
		t.Errorf("the supervisor was scaled from 4 to %d", w.Desired())
	}
	if low, high, ok := p.ECS.Bounds(region, p.e.Service(region, "threat-hunter")); ok && (low < 2 || high < low) {
		t.Errorf("autoscaling may take the tasks away again: %d-%d", low, high)
	}
	p.fails("scaleecs", `{"tier":"important",`+claim+`}`, "InvalidInput")
}

func TestTheFlipIsRefusedUntilItIsSafe(t *testing.T) {
	p := begin(t, 15)
	claim := p.open()
	p.fails("flipdns", `{"target":"recovery",`+claim+`}`, "Unsafe") // nothing is promoted
	p.fails("flipdns", `{"target":"primary",`+claim+`}`, "InvalidInput")
	p.fails("flipdns", `{"target":"recovery","mode":"hope",`+claim+`}`, "Unsafe")
	if got := p.DNS.Answer(p.e.Domain.Name); got != p.e.RegionalName(p.e.Regions.Primary) {
		t.Errorf("clients are sent to %s", got)
	}
}

func TestNotifySaysWhomItReached(t *testing.T) {
	p := begin(t, 16)
	const message = `{"kind":"update","subject":"Übung: failover\nbegan","known":["a"],"epoch":1,"owner":"arn:test"}`
	p.gives("notify", message, map[string]any{"sent": 5.0})
	p.fails("notify", `{"kind":"approval","subject":"May I?","epoch":1,"owner":"arn:test"}`, "InvalidInput")
	claim := p.open()
	p.gives("notify", `{"kind":"approval","subject":"May I?","token":"AQ+/=",`+claim+`}`, map[string]any{"sent": 5.0})
	sent := p.SNS.Messages(p.e.Regions.Recovery, p.e.Contacts.OnCall.Topic)
	question := sent[len(sent)-1].Body
	for _, want := range []string{
		"aws stepfunctions send-task-success --region us-west-2 --task-token 'AQ+/=' --task-output '{\"approved\": true, \"by\"",
		"false stands down", "fencedByHand: true only if",
	} {
		if !strings.Contains(question, want) {
			t.Errorf("the question does not say %q:\n%s", want, question)
		}
	}
	if strings.Contains(question, "drctl") {
		t.Errorf("the question names a command that does not exist on AWS:\n%s", question)
	}
	remove := p.Cloud.Inject(cloud.Fault{Operation: "SNS.Publish", First: 1, Count: 3, Effect: cloud.Throttled})
	out := p.gives("notify", message, map[string]any{"sent": 4.0})
	if failed, _ := out["failed"].([]any); len(failed) != 1 {
		t.Errorf("the topic that failed is not named: %v", out)
	}
	remove()
	p.Cloud.Inject(cloud.Fault{Operation: "SNS.Publish", Effect: cloud.Throttled})
	p.fails("notify", message, "Unavailable")
}

func TestTheStandbyWritesNoHeartbeat(t *testing.T) {
	p := begin(t, 17)
	p.gives("heartbeat", `{}`, map[string]any{"wrote": false})
	if out, failed := p.call("heartbeat", p.e.Regions.Primary, `{}`); failed != "" || out["wrote"] != true {
		t.Errorf("in the active region: %v %s", out, failed)
	}
}

func TestTheProbeAssertsNothingThatItDoesNotKnow(t *testing.T) {
	p := begin(t, 18)
	p.gives("probe", `{}`, map[string]any{"watched": p.e.Regions.Primary, "verdict": "serving", "switch": 0.0, "fence": nil})
	if out, failed := p.call("probe", p.e.Regions.Primary, `{}`); failed != "" || out["watched"] != "" || out["switch"] != nil {
		t.Errorf("the active region's probe: %v %s", out, failed)
	}
	p.Cloud.Kill(p.e.Regions.Primary)
	p.gives("probe", `{}`, map[string]any{"verdict": "down"})
	p.mutated = map[string]int{}
	p.Cloud.Inject(cloud.Fault{Operation: "DynamoDB.GetItem", Effect: cloud.ErrorBefore})
	p.fails("probe", `{}`, "Unavailable")
	if p.mutated["CloudWatch.PutMetricData"] != 0 {
		t.Error("the probe asserted a switch without knowing what it has to say")
	}
}

func TestTheEndOfAnExecutionReleasesOnlyItsOwnLock(t *testing.T) {
	p := begin(t, 19)
	p.open()
	event := func(arn, status string) string {
		return fmt.Sprintf(`{"version":"0","id":"1","detail-type":"Step Functions Execution Status Change","source":"aws.states","account":"111122223333",
			"time":%q,"region":"us-west-2","resources":[%q],"detail":{"executionArn":%q,"status":%q,"input":"{}"}}`,
			p.Sim.Now().Format(time.RFC3339), arn, arn, status)
	}
	p.gives("incident", event("arn:other", "ABORTED"), map[string]any{"released": false})
	p.gives("incident", event("arn:test", "RUNNING"), map[string]any{"released": false})
	p.pass(time.Second)
	p.gives("incident", event("arn:test", "TIMED_OUT"), map[string]any{"released": true, "outcome": "timed-out"})
	p.gives("incident", event("arn:test", "TIMED_OUT"), map[string]any{"released": false})
	p.fails("incident", `{"detail-type":"EC2 Instance State-change Notification"}`, "InvalidInput")
}

func TestAnOldSyncNeedsApproval(t *testing.T) {
	p := begin(t, 20)
	claim := p.open()
	region := p.e.Regions.Recovery
	p.EFS.Stall(p.EFS.Of(p.EFS.Find(region, p.e.FileSystem(region))), true)
	p.pass(2 * time.Hour)
	p.fails("promotedata", `{"action":"promote",`+claim+`}`, "Unsafe")
	out := p.gives("checklag", `{}`, map[string]any{"verdict": "above"})
	if files, _ := out["fileSystem"].(map[string]any); files["verdict"] != "above" {
		t.Errorf("the file system is %v", files)
	}
	p.gives("promotedata", `{"action":"promote","approved":true,`+claim+`}`, map[string]any{"done": false})
	p.pass(30 * time.Minute)
	p.gives("promotedata", `{"action":"status",`+claim+`}`, map[string]any{"done": true})
}

// TestValidationWritesNothingIntoTheTable: redriven after an abort, it may be the first step that runs again, and it has
// no right to take the lock back. The next step that changes something does.
func TestValidationWritesNothingIntoTheTable(t *testing.T) {
	p := begin(t, 21)
	claim := p.open()
	p.pass(time.Second)
	p.gives("incident", `{"action":"ended","owner":"arn:test","status":"ABORTED"}`, map[string]any{"released": true})
	if _, failed := p.call("validate", p.e.Regions.Recovery, `{"mode":"standby",`+claim+`}`); failed != "" {
		t.Errorf("after the lock was released: %s", failed)
	}
	if i := p.incident(); !i.Released {
		t.Errorf("a look took the lock back: %+v", i)
	}
	p.gives("incident", `{"action":"record","stage":"on",`+claim+`}`, map[string]any{"state": "open"})
}

// TestTheLossBoundIsAMetricOnlyWhenItIsKnown: a dashboard that shows zero for want of a measurement lies.
func TestTheLossBoundIsAMetricOnlyWhenItIsKnown(t *testing.T) {
	p := begin(t, 22)
	put := 0
	p.Cloud.Observe(func(r cloud.Record) {
		if r.Caller == "checklag" && r.Operation == "CloudWatch.PutMetricData" && r.Effect {
			put++
		}
	})
	p.gives("checklag", `{}`, map[string]any{"verdict": "within"})
	if put != 1 {
		t.Errorf("a known bound led to %d data points", put)
	}
	region := p.e.Regions.Recovery
	p.RDS.ExhaustConnections(region, p.e.DatabaseIn(region), true)
	p.gives("checklag", `{}`, map[string]any{"verdict": "unknown"})
	if put != 1 {
		t.Error("an unknown bound is drawn as a number")
	}
}
