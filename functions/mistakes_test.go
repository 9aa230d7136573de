package functions_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/lab/asl"
)

// TestATypingErrorInTheInputFailsClean: what is not understood is refused, and nothing is touched, also when the primary
// is down and an automatic failover would have something to do.
func TestATypingErrorInTheInputFailsClean(t *testing.T) {
	p := begin(t, 31)
	p.Cloud.Kill(p.e.Regions.Primary)
	for n, input := range []string{
		`{"mode":"automatik"}`, `{"mode":["automatic"]}`, `{"mode":null}`, `{"mod":"automatic"}`, `{"Mode":"automatic"}`, `{"mode":"automatic","dryRun":true}`, `{"mode":"unplanned"}`, `{"mode":"manual","fencedByHand":true}`, `{"mode":"planned","by":"Ada","fencedByHand":true}`,
		`[]`, `"automatic"`, `null`, `[{"mode":"automatic"}]`, `7`,
	} {
		if _, err := p.States.Start(p.e.Regions.Recovery, p.e.MachineName("failover"), "", json.RawMessage(input)); err != nil {
			t.Fatal(err)
		}
		p.want(p.ended(n+1, time.Second), asl.Failed, "FailedClean", "nothing was touched")
	}
	if len(p.mutated) > 0 {
		t.Errorf("refused input led to %v", p.mutated)
	}
}

// TestARecoveryTimeThatNobodyMeasuredIsUnknown: without an observation of the old primary nobody knows when the outage
// began, and the moment at which somebody pressed a button is not it.
func TestARecoveryTimeThatNobodyMeasuredIsUnknown(t *testing.T) {
	for _, observed := range []bool{true, false} {
		p := begin(t, 32)
		if !observed {
			p.DynamoDB.Put(p.e.Regions.Recovery, p.e.IncidentTable(), map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: "observation"}, "version": &types.AttributeValueMemberN{Value: "1"},
				"document": &types.AttributeValueMemberS{Value: "{}"},
			})
		}
		claim := p.open()
		out := p.gives("incident", `{"action":"close","outcome":"recovered","reason":"it serves",`+claim+`}`, map[string]any{"outcome": "recovered"})
		if known := out["rtoSeconds"] != nil; known != observed {
			t.Errorf("observed %v: the recovery time is %v", observed, out["rtoSeconds"])
		}
	}
}
