package functions_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/lab/asl"
)

// TestATypingErrorInTheInputFailsClean: what is not understood is refused, and nothing is touched, also when the primary
// is down and an unplanned failover would have something to do.
func TestATypingErrorInTheInputFailsClean(t *testing.T) {
	p := begin(t, 31)
	p.Cloud.Kill(p.e.Regions.Primary)
	for n, input := range []string{
		`{"mode":"unplaned"}`, `{"mode":["unplanned"]}`, `{"mode":null}`, `{"mod":"unplanned"}`, `{"Mode":"unplanned"}`, `{"mode":"unplanned","dryRun":true}`,
		`[]`, `"unplanned"`, `null`, `[{"mode":"unplanned"}]`, `7`,
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
