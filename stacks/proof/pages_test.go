package proof

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/acso/disaster-recovery/lab/activity"
	"github.com/acso/disaster-recovery/stacks/cost"
	"github.com/acso/disaster-recovery/stacks/quota"
)

var update = flag.Bool("update", false, "write docs/quotas.md and docs/cost.md")

// TestPagesAreCurrent compares the committed pages with what drctl quotas and drctl cost write.
func TestPagesAreCurrent(t *testing.T) {
	e, templates, _ := world(t)
	quotas, err := quota.Page(e, templates)
	if err != nil {
		t.Fatal(err)
	}
	transitions, err := activity.Transitions(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	prices, lines, err := cost.Estimate(templates, cost.Activity{Firings: activity.Firings, Transitions: transitions})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"quotas.md": quotas, "cost.md": cost.Page(e.Prefix(), prices, lines)} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("docs/%s is not current: go test ./stacks/proof -run TestPagesAreCurrent -update (%v)", name, err)
		}
	}
}
