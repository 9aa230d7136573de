package stacks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/stacks"
)

// scratch holds what the syntheses of this process wrote, 16 MB each.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "stacks"); err != nil {
		panic(err)
	}
	status := m.Run()
	jsii.Close()
	_ = os.RemoveAll(scratch) // a temporary directory of this process
	os.Exit(status)
}

// root is the directory of go.mod, seen from the tests.
func root() string {
	directory, err := filepath.Abs("..")
	if err != nil {
		panic(err)
	}
	return directory
}

// binaries stands in for the go command: templates are compared, not binaries.
type binaries struct{}

func (binaries) Sources(function string) (string, error) { return "sources of " + function, nil }

func (binaries) Build(function, file string) error {
	return os.WriteFile(file, []byte("binary of "+function), 0o755)
}

// template is a synthesised CloudFormation template.
type template struct {
	Stack     string // its identifier: recovery-us-west-2
	Text      string
	Resources map[string]resource
	Outputs   map[string]any
}

type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
}

// assembly is what one synthesis made.
type assembly struct {
	directory string
	templates []template
}

// of are the resources of a type in all templates, by stack and identifier.
func (a *assembly) of(kind string) map[string]resource {
	found := map[string]resource{}
	for _, t := range a.templates {
		for id, r := range t.Resources {
			if r.Type == kind {
				found[t.Stack+"/"+id] = r
			}
		}
	}
	return found
}

func (a *assembly) stack(t *testing.T, name string) template {
	t.Helper()
	for _, template := range a.templates {
		if template.Stack == name {
			return template
		}
	}
	t.Fatalf("there is no stack %s", name)
	return template{}
}

func synthesise(e *environment.Environment, aspects ...awscdk.IAspect) (*assembly, error) {
	return synthesiseWith(stacks.Options{Environment: e, Aspects: aspects})
}

func synthesiseWith(o stacks.Options) (*assembly, error) {
	directory, err := os.MkdirTemp(scratch, "")
	if err != nil {
		return nil, err
	}
	o.Outdir, o.Builder, o.Root, o.Commit = directory, binaries{}, root(), strings.Repeat("0123456789", 4)
	app, err := stacks.New(o)
	if err != nil {
		return nil, err
	}
	app.Synth(nil)
	files, err := filepath.Glob(filepath.Join(directory, "*.template.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("synthesis left %d templates in %s: %w", len(files), directory, err)
	}
	a := &assembly{directory: directory}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		made := template{Stack: strings.TrimSuffix(filepath.Base(file), ".template.json"), Text: string(text)}
		if err := json.Unmarshal(text, &made); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		a.templates = append(a.templates, made)
	}
	return a, nil
}

// production is synthesised once for all tests, with cdk-nag looking at every resource.
var production = sync.OnceValues(func() (*assembly, error) {
	e, err := environments.Named("production")
	if err != nil {
		return nil, err
	}
	props := &cdknag.NagPackProps{Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON}}
	return synthesise(e, cdknag.NewAwsSolutionsChecks(props), cdknag.NewHIPAASecurityChecks(props), cdknag.NewNIST80053R5Checks(props))
})

func synthesised(t *testing.T) *assembly {
	t.Helper()
	a, err := production()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func named(t *testing.T, name string) *environment.Environment {
	t.Helper()
	e, err := environments.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
