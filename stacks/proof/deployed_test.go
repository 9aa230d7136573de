package proof

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/audit"
	"github.com/acso/disaster-recovery/stacks"
	"github.com/acso/disaster-recovery/stacks/template"
)

// runs is how many drills with random troubles are recorded on top of one run of each scenario and the exercises.
const runs = 10

// noBinaries stands in for the go command: the templates are looked at, the functions' code is not.
type noBinaries struct{}

func (noBinaries) Sources(function string) (string, error) { return "sources of " + function, nil }

func (noBinaries) Build(_, file string) error { return os.WriteFile(file, []byte("binary"), 0o600) }

func TestMain(m *testing.M) {
	status := m.Run()
	if scratch != "" {
		jsii.Close()
		_ = os.RemoveAll(scratch) // a temporary directory of this process
	}
	os.Exit(status)
}

var scratch string

var production = sync.OnceValues(func() (*environment.Environment, error) { return environments.Named("production") })

// synthesised are the templates of production, made once for all tests.
var synthesised = sync.OnceValues(func() ([]*template.Template, error) {
	e, err := production()
	if err != nil {
		return nil, err
	}
	if scratch, err = os.MkdirTemp("", "proof"); err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return nil, err
	}
	app, err := stacks.New(stacks.Options{Environment: e, Outdir: scratch, Builder: noBinaries{}, Root: root, Commit: strings.Repeat("0123456789", 4)})
	if err != nil {
		return nil, err
	}
	app.Synth(nil)
	return template.Read(scratch)
})

// seen are the calls of all drills, recorded once for all tests.
var seen = sync.OnceValues(func() ([]audit.Use, error) {
	e, err := production()
	if err != nil {
		return nil, err
	}
	log, err := audit.Everything(context.Background(), e, runs)
	if err != nil {
		return nil, err
	}
	return log.Uses(), nil
})

// world gives a test the environment, its templates and the recorded calls.
func world(t *testing.T) (*environment.Environment, []*template.Template, []audit.Use) {
	t.Helper()
	e, err := production()
	if err != nil {
		t.Fatal(err)
	}
	templates, err := synthesised()
	if err != nil {
		if strings.Contains(err.Error(), "Node.js") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	uses, err := seen()
	if err != nil {
		t.Fatal(err)
	}
	return e, templates, uses
}
