package functions_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/grant"
)

// TestWhoLogsInHasAClient: a function that may log in to a database starts with a PostgreSQL client, and no other carries one.
func TestWhoLogsInHasAClient(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clients := 0
	for _, f := range functions.All() {
		text, err := os.ReadFile(filepath.Join(f.Name, "lambda", "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		may := slices.ContainsFunc(f.Grants(e, e.Regions.Recovery), func(g grant.Grant) bool { return slices.Contains(g.Actions, "rds-db:connect") })
		has := strings.Contains(string(text), "login.Start(")
		if may != has {
			t.Errorf("%s may log in: %t, and starts with a client: %t", f.Name, may, has)
		}
		if has {
			clients++
		}
	}
	if clients == 0 {
		t.Error("nobody logs in: is the right called otherwise now?")
	}
}
