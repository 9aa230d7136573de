package functions_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/statemachines"
)

// pair is enough of an environment to write grants with.
func pair() *environment.Environment {
	return &environment.Environment{
		Name: "test", Application: "acso", Account: "111122223333",
		Regions:  environment.Regions{Primary: "us-east-1", Recovery: "us-west-2"},
		Domain:   environment.Domain{Name: "acso.example.com", HostedZone: "Z1"},
		Services: []environment.Service{{Name: "supervisor", Tier: environment.Critical, Desired: 2}},
	}
}

func TestFoldersAndRegistryAgree(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders, names []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	for _, f := range functions.All() {
		names = append(names, f.Name)
		if _, err := os.Stat(f.Name + "/lambda/main.go"); err != nil {
			t.Errorf("%s has no lambda/main.go: %v", f.Name, err)
		}
	}
	slices.Sort(names)
	if !slices.Equal(folders, names) {
		t.Errorf("folders are %v, the registry has %v", folders, names)
	}
	if got, want := len(slices.Compact(names)), len(functions.All()); got != want {
		t.Errorf("%d names for %d functions", got, want)
	}
}

func TestEveryFunctionIsComplete(t *testing.T) {
	e := pair()
	for _, f := range functions.All() {
		if f.Timeout <= 0 || f.Timeout > 15*60e9 || f.MemoryMB < 128 || f.New == nil || f.Regions == "" {
			t.Errorf("%s is not complete: %+v", f.Name, f)
		}
		for _, kind := range []failure.Kind{failure.InvalidInput, failure.Unavailable} {
			if !slices.Contains(f.Errors, kind) {
				t.Errorf("%s does not declare %s, which every function can fail with", f.Name, kind)
			}
		}
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			for _, g := range f.Grants(e, region) {
				for _, action := range g.Actions {
					if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" || strings.Contains(action, "*") {
						t.Errorf("%s in %s is granted %q, which is no exact action", f.Name, region, action)
					}
				}
				if len(g.Resources) == 0 {
					t.Errorf("%s in %s is granted %v on nothing", f.Name, region, g.Actions)
				}
			}
		}
	}
}

// state is what the checks below read of a state.
type state struct {
	Comment, Type string
	Arguments     json.RawMessage
	Timeout       json.RawMessage `json:"TimeoutSeconds"`
	Default       string
	Retry, Catch  []struct{ ErrorEquals []string }
	States        map[string]state
	Branches      []struct{ States map[string]state }
	ItemProcessor struct{ States map[string]state }
}

// each visits every state of every machine, also inside of branches and maps.
func each(t *testing.T, visit func(where string, s state)) {
	t.Helper()
	var walk func(prefix string, states map[string]state)
	walk = func(prefix string, states map[string]state) {
		for name, s := range states {
			visit(prefix+name, s)
			for _, branch := range s.Branches {
				walk(prefix+name+"/", branch.States)
			}
			walk(prefix+name+"/", s.ItemProcessor.States)
		}
	}
	machines := statemachines.All()
	if len(machines) == 0 {
		t.Fatal("there are no machines")
	}
	for _, m := range machines {
		var definition state
		if err := json.Unmarshal([]byte(m.Definition), &definition); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		walk(m.Name+": ", definition.States)
	}
}

func TestEveryPlaceholderExists(t *testing.T) {
	for _, m := range statemachines.All() {
		for _, name := range m.Placeholders() {
			_, function := functions.Named(name)
			_, machine := statemachines.Named(name)
			if !function && !machine && name != statemachines.BackupMetrics {
				t.Errorf("%s: ${%s} is no function and no machine", m.Name, name)
			}
		}
	}
}

func TestStatesSayWhatTheyAreForAndHowLongTheyMayTake(t *testing.T) {
	each(t, func(where string, s state) {
		if s.Comment == "" {
			t.Errorf("%s has no Comment", where)
		}
		if s.Type == "Task" && len(s.Timeout) == 0 {
			t.Errorf("%s has no TimeoutSeconds", where)
		}
		if s.Type == "Task" && (len(s.Catch) == 0 || len(s.Retry) == 0) {
			t.Errorf("%s catches or retries nothing", where)
		}
		if s.Type == "Choice" && s.Default == "" {
			t.Errorf("%s has no Default", where)
		}
	})
}

// TestErrorEqualsCanHappen holds every name that a state retries or catches to what its function declares, so that a
// misspelt name is found here and not in an outage.
func TestErrorEqualsCanHappen(t *testing.T) {
	each(t, func(where string, s state) {
		var arguments struct{ FunctionName string }
		_ = json.Unmarshal(s.Arguments, &arguments) // other integrations have other arguments
		f, known := functions.Named(strings.TrimSuffix(strings.TrimPrefix(arguments.FunctionName, "${"), "}"))
		for _, handler := range append(s.Retry, s.Catch...) {
			for _, name := range handler.ErrorEquals {
				if platformError(name) || known && slices.Contains(f.Errors, failure.Kind(name)) {
					continue
				}
				t.Errorf("%s handles %q, which %s cannot fail with", where, name, f.Name)
			}
		}
	})
}

// platformError tells whether a name is Step Functions' or Lambda's own.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func platformError(name string) bool {
	return slices.ContainsFunc([]string{"States.", "Lambda.", "Runtime.", "Sandbox."}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

func TestErrorsAreListedOnce(t *testing.T) {
	for _, f := range functions.All() {
		seen := map[failure.Kind]bool{}
		for _, kind := range f.Errors {
			if seen[kind] {
				t.Errorf("%s declares %s twice", f.Name, kind)
			}
			seen[kind] = true
		}
	}
}
