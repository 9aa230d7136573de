package review

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
	"github.com/acso/disaster-recovery/statemachines"
)

var opened = time.Date(2026, 3, 3, 9, 10, 0, 0, time.UTC)

func record(t *testing.T) Record {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return Record{Environment: e, Region: "us-west-2", Incident: incident.Incident{
		Epoch: 2, State: incident.Closed, Outcome: incident.Recovered, Reason: "us-west-2 serves clients", OpenedAt: opened, EndedAt: opened.Add(20 * time.Minute),
		Trigger: "operator: pager <4711>", Seen: incident.Observation{Region: "us-east-1", FirstDown: opened.Add(-2 * time.Minute), CheckedAt: opened},
		Fence: incident.Fence{State: incident.FenceOwed, Region: "us-east-1"},
	}}
}

func TestWhatIsNotInTheRecordIsUnknown(t *testing.T) {
	v := Write(record(t))
	text := v.Markdown()
	for _, words := range []string{"outage: at most 23m0s, within", "data lost: unknown", "complete the fence of us-east-1", "it was started by operator", "find the root cause"} {
		if !strings.Contains(text, words) {
			t.Errorf("it does not say %q:\n%s", words, text)
		}
	}
	for _, phase := range v.Phases {
		if phase.Verdict != Unknown {
			t.Errorf("without a history %s is %s", phase.Name, phase.Verdict)
		}
	}
	if len(v.Worked) != 0 {
		t.Errorf("nothing is known to have worked: %v", v.Worked)
	}
	r := record(t)
	r.Incident.Outcome = incident.FailedDirty
	if got := Write(r).Impact[0]; !strings.HasPrefix(got, "service: unknown") {
		t.Errorf("a failure measured a recovery: %s", got)
	}
}

func TestPhasesAreHeldToTheirBudgets(t *testing.T) {
	r := record(t)
	loss := 96.0
	r.Incident.LossSeconds = &loss
	r.States = []Entered{{"OpenIncident", opened}, {"FencePrimary", opened.Add(4 * time.Minute)}, {"RecoverStandby", opened.Add(6*time.Minute + time.Second)}}
	v := Write(r)
	if v.Phases[0].Verdict != Within || v.Phases[1].Verdict != Slow || v.Phases[2].Verdict != Unknown {
		t.Errorf("%+v", v.Phases)
	}
	if len(v.Slow) != 1 || !strings.Contains(v.Impact[1], "at most 1m36s, within the objective") {
		t.Errorf("%v, %v", v.Slow, v.Impact)
	}
}

func TestPagesEscapeWhatPeopleWrote(t *testing.T) {
	r := record(t)
	r.Incident.Reason = `us-west-2 "serves" <script>`
	page := Write(r).HTML()
	for _, words := range []string{"<4711>", "<script>"} {
		if strings.Contains(page, words) {
			t.Errorf("a person's words are markup: %s", words)
		}
	}
	for _, words := range []string{"&lt;4711&gt;", "<title>Incident 2 of acso-production in us-west-2</title>", "<h2>Timeline</h2>", `<td class="unknown">unknown</td>`, "<style>"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page has no %s:\n%s", words, page)
		}
	}
}

// The phases are made of states: one that was renamed would make its phase unknown for ever. Each begins where the one before
// it ends, or time would belong to none.
func TestThePhasesAreStatesOfTheirMachines(t *testing.T) {
	for _, c := range []struct {
		machine string
		parts   []part
	}{{"failover", parts}, {"failover", planned}, {"failback", back}} {
		m, _ := statemachines.Named(c.machine)
		var definition struct{ States map[string]any }
		if err := json.Unmarshal([]byte(m.Definition), &definition); err != nil {
			t.Fatal(err)
		}
		for n, p := range c.parts {
			for _, state := range []string{p.from, p.to} {
				if definition.States[state] == nil {
					t.Errorf("%s: the %s has no state %s", p.name, c.machine, state)
				}
			}
			if n > 0 && p.from != c.parts[n-1].to {
				t.Errorf("%s begins with %s, and the phase before it ends with %s", p.name, p.from, c.parts[n-1].to)
			}
			if p.budget <= 0 {
				t.Errorf("%s: the budget is %s, which nothing keeps", p.name, p.budget)
			}
		}
	}
}

// What clients wait for has an objective, which the budgets divide. A failback has none: its switchover is a move of its own.
func TestTheBudgetsKeepTheObjective(t *testing.T) {
	objective := record(t).Environment.Objectives.RecoveryTime.Critical.Std()
	for what, costly := range map[string][]part{"a failover": parts, "a planned move, from the drain on": planned[1:]} {
		var sum time.Duration
		for _, p := range costly {
			sum += p.budget
		}
		if sum > objective {
			t.Errorf("the budgets of %s are %s together, and the objective is %s", what, sum, objective)
		}
	}
}

// A failback has phases of its own; a failover that only carries an unfinished one on has those of a failover.
func TestPhasesAreThoseOfTheProcedure(t *testing.T) {
	for _, c := range []struct {
		mode incident.Mode
		back *incident.Failback
		want []part
	}{{"", &incident.Failback{}, back}, {incident.Manual, &incident.Failback{}, parts}, {incident.Planned, &incident.Failback{}, planned}, {incident.Automatic, nil, parts}} {
		r := record(t)
		r.Incident.Mode, r.Incident.Failback = c.mode, c.back
		if got := r.phases(); len(got) != len(c.want) || got[0].Name != c.want[0].name {
			t.Errorf("mode %q: the phases are %+v", c.mode, got)
		}
	}
}

func TestWhatPeopleAddIsInTheReview(t *testing.T) {
	r := record(t)
	r.People = incident.People{
		Ticks: []incident.Tick{{Item: response.Conduct, By: "Grace", At: opened.Add(26 * time.Hour), Evidence: "minutes of 4 March"}},
		Notes: []incident.Note{{Kind: RootCause, Text: "a power cut | of us-east-1", By: "Ada", At: opened}, {Kind: Training, Text: "who may approve", By: "Ada", At: opened}},
	}
	v := Write(r)
	text := v.Markdown()
	for _, words := range []string{"a power cut | of us-east-1 (Ada, 2026-03-03)", "need for training: who may approve", "- [x] Conduct post-incident review", "Grace says: minutes of 4 March"} {
		if !strings.Contains(text, words) {
			t.Errorf("it does not say %q:\n%s", words, text)
		}
	}
	if strings.Contains(text, "find the root cause") {
		t.Error("the root cause is there and asked for")
	}
	for _, kind := range Kinds() {
		r.People.Notes = []incident.Note{{Kind: kind, Text: "words of " + kind, By: "Ada", At: opened}}
		if !strings.Contains(Write(r).Markdown(), "words of "+kind) {
			t.Errorf("a note of the kind %s is nowhere", kind)
		}
	}
}

func TestAReviewOfAnOpenIncidentPromisesNothing(t *testing.T) {
	r := record(t)
	r.Incident.State, r.Incident.Outcome, r.Incident.EndedAt = incident.Open, "", time.Time{}
	if v := Write(r); !strings.HasPrefix(v.Outcome, "open") || !strings.Contains(v.Impact[0], "goes on") || strings.Contains(v.Markdown(), "ended") {
		t.Errorf("%s", v.Markdown())
	}
}
