package stacks_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// finding is one line of a report of cdk-nag.
type finding struct {
	Pack, Stack string
	Rule        string `json:"ruleId"`
	Resource    string `json:"resourceId"`
	Compliance  string `json:"compliance"`
	Reason      string `json:"exceptionReason"`
	Level       string `json:"ruleLevel"`
	Info        string `json:"ruleInfo"`
}

func findings(t *testing.T) []finding {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(synthesised(t).directory, "*-NagReport.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("cdk-nag left %d reports: %v", len(files), err)
	}
	var all []finding
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var report struct{ Lines []finding }
		if err := json.Unmarshal(text, &report); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, report.Lines...)
	}
	return all
}

func TestNag(t *testing.T) {
	for _, f := range findings(t) {
		if f.Compliance != "Compliant" && f.Compliance != "Suppressed" && f.Compliance != "N/A" {
			t.Errorf("%s %s: %s [%s]", f.Rule, f.Resource, f.Compliance, f.Info)
		}
	}
}
