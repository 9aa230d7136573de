package drill

import (
	"context"
	"os"
	"testing"

	"github.com/acso/disaster-recovery/internal/environment/file"
)

// TestAWorkloadThatExistedBeforeIsMovedToo: the functions find file systems, network ACLs, services and buckets by the
// identifiers that their owner gave them.
func TestAWorkloadThatExistedBeforeIsMovedToo(t *testing.T) {
	var text []byte
	for _, part := range []string{"../../environments/production.yaml", "../../internal/environment/file/testdata/imports.yaml"} {
		lines, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, lines...), '\n')
	}
	e, err := file.Load("imported.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"region-outage", "primary-returns"} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(context.Background(), s, Options{Seed: 1, Environment: e})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Ok() || r.Outcome != Recovered {
			t.Errorf("%s ends %s: %+v", name, r.Outcome, r.Invariants)
		}
	}
}
