package audit_test

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/audit"
)

// seeds is how many runs with random troubles come on top of one run of each scenario.
const seeds = 10

func TestRightsAreExactlyWhatDrillsUse(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs every scenario")
	}
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Everything(context.Background(), e, seeds)
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range log.Denied() {
		t.Errorf("denied: %s in %s: %s on %s", use.Caller, use.Region, use.Name, use.Resource)
	}
	for _, use := range audit.Missing(functions.All(), e, log.Uses()) {
		t.Errorf("missing: %s in %s calls %s, which needs %s on %s", use.Caller, use.Region, use.Operation, use.Name, use.Resource)
	}
	for _, right := range audit.Extra(functions.All(), e, log.Uses()) {
		t.Errorf("extra: no drill used %s", right)
	}
}

// TestBothDirectionsAreSeen holds the comparison itself: a right that nobody used is extra, a use that nobody granted is
// missing, and neither hides the other.
func TestBothDirectionsAreSeen(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	step := functions.Function{Name: "step", Grants: func(_ *environment.Environment, region string) []grant.Grant {
		return []grant.Grant{{Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + region + "/*"}}}
	}}
	uses := []audit.Use{
		{Caller: "step", Region: "us-east-1", Action: grant.Action{Name: "s3:GetObject", Resource: "arn:aws:s3:::us-east-1/a"}},
		{Caller: "step", Region: "us-west-2", Action: grant.Action{Name: "s3:PutObject", Resource: "arn:aws:s3:::elsewhere/a"}},
		{Caller: "operator", Region: "us-west-2", Action: grant.Action{Name: "s3:PutObject", Resource: "arn:aws:s3:::us-west-2/a"}},
	}
	extra := audit.Extra([]functions.Function{step}, e, uses)
	if len(extra) != 1 || extra[0].Action != "s3:PutObject" {
		t.Errorf("extra rights are %v, want s3:PutObject alone", extra)
	}
	missing := audit.Missing([]functions.Function{step}, e, uses)
	if len(missing) != 1 || missing[0].Resource != "arn:aws:s3:::elsewhere/a" {
		t.Errorf("missing rights are %v, want s3:PutObject on elsewhere alone", missing)
	}
}
