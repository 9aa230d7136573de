package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

func TestAMistakeInTheEnvironmentFailsBeforeSynthesis(t *testing.T) {
	text, err := os.ReadFile("environments/test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, outdir := filepath.Join(t.TempDir(), "broken.yaml"), filepath.Join(t.TempDir(), "cdk.out")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "ttl: 60s", "ttl: 5m", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CDK_OUTDIR", outdir)
	err = run([]string{"-c", "environment=" + file})
	if err == nil || !strings.Contains(err.Error(), "domain.ttl") || !strings.Contains(err.Error(), "write 60s or less") {
		t.Errorf("got %v, not the loader's message with field and fix", err)
	}
	if _, err := os.Stat(outdir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was synthesised: %v", err)
	}
}

func TestTheEnvironmentHasToBeNamed(t *testing.T) {
	for _, arguments := range [][]string{{}, {"-c", "stage=production"}, {"-c", "environment="}, {"-c", "environment=prodution"}} {
		given, err := contextOf(arguments)
		if err == nil {
			_, err = load(given)
		}
		if err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
	t.Setenv("CDK_CONTEXT_JSON", `{"environment":"test","aws:cdk:version-reporting":false}`)
	given, err := contextOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := load(given); err != nil || e.Name != "test" {
		t.Errorf("the CDK command line's context gave %v, %v", e, err)
	}
}

func TestNothingIsDeployedDuringAnIncident(t *testing.T) {
	for _, c := range []struct {
		name    string
		present incident.Incident
		err     error
		refused string // "" deploys
	}{
		{"a quiet day", incident.Incident{State: incident.Closed, Fence: incident.Fence{State: incident.FenceProven}}, nil, ""},
		{"the first deployment", incident.Incident{}, failure.New(failure.NotFound, "read the incident", "no table"), ""},
		{"an open incident", incident.Incident{State: incident.Open, Epoch: 3}, nil, "incident 3 is open in us-west-2"},
		{"an owed fence", incident.Incident{State: incident.Closed, Epoch: 3, Fence: incident.Fence{State: incident.FenceOwed, Region: "us-east-1"}}, nil, "owes the fence of us-east-1"},
		{"no answer", incident.Incident{}, failure.New(failure.Unavailable, "read the incident", "no answer"), "is unknown"},
	} {
		err := judge("us-west-2", c.present, c.err)
		if (err != nil) != (c.refused != "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestNobodyClaimsToHaveLooked: what is synthesised without the account's credentials says that no table was read, and with
// those of another account nothing is.
func TestNobodyClaimsToHaveLooked(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	t.Setenv("CDK_DEFAULT_ACCOUNT", "")
	if err := guard(t.Context(), e, &said); err != nil || !strings.Contains(said.String(), "not checked, for want of credentials") {
		t.Errorf("without credentials: %v, said %q", err, said.String())
	}
	t.Setenv("CDK_DEFAULT_ACCOUNT", "999999999999")
	err = guard(t.Context(), e, &said)
	if err == nil || !strings.Contains(err.Error(), "account 999999999999") || !strings.Contains(err.Error(), "is unknown") || !strings.Contains(err.Error(), "-c despite-incident=yes") {
		t.Errorf("with credentials of another account: %v", err)
	}
}
