package statemachines_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/statemachines"
)

func TestEveryMachineIsValid(t *testing.T) {
	for _, m := range statemachines.All() {
		if _, err := asl.Parse(m.Name, []byte(m.Definition)); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
		if !json.Valid([]byte(m.Input)) {
			t.Errorf("inputs/%s.json is not JSON", m.Name)
		}
	}
}

func TestTheFailoverEndsByName(t *testing.T) {
	m, ok := statemachines.Named("failover")
	if !ok {
		t.Fatal("there is no failover")
	}
	var definition struct {
		States map[string]struct{ Type, Error string }
	}
	if err := json.Unmarshal([]byte(m.Definition), &definition); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Recovered": "Succeed", "StoodDown": "Succeed", "Planned": "Succeed", "FailedClean": "Fail", "FailedDirty": "Fail"}
	for name, kind := range want {
		if got := definition.States[name]; got.Type != kind {
			t.Errorf("state %s is %q, want %s", name, got.Type, kind)
		}
	}
	for name, state := range definition.States {
		if state.Type == "Fail" && state.Error != "FailedClean" && state.Error != "FailedDirty" {
			t.Errorf("state %s fails as %q, which is no end that people know", name, state.Error)
		}
		if state.Type == "Succeed" && want[name] != "Succeed" {
			t.Errorf("state %s succeeds, and is no end that people know", name)
		}
	}
}

func TestSubstitute(t *testing.T) {
	m := statemachines.Machine{Name: "m", Definition: `{"a":"${one}","b":"${two}","c":"${one}"}`}
	if got := strings.Join(m.Placeholders(), " "); got != "one two" {
		t.Errorf("placeholders are %q", got)
	}
	text, err := m.Substitute(map[string]string{"one": "1", "two": "2"})
	if err != nil || text != `{"a":"1","b":"2","c":"1"}` {
		t.Errorf("substituted to %s, %v", text, err)
	}
	if _, err := m.Substitute(map[string]string{"one": "1"}); err == nil || !strings.Contains(err.Error(), "${two}") {
		t.Errorf("a placeholder without a value gives %v", err)
	}
}
