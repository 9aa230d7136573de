package drill

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// dryRuns: a person asks what a failover would do now.
var dryRuns = []Scenario{
	{
		Name: "dry-run", Expected: Recovered, quiet: true,
		Sentence: "A person asks what a failover would do: every check and every decision is made, nothing is changed, and the plan is printed.",
		prepare: func(r *run) {
			r.world.Mature()
			r.at(r.moment(), r.rehearse)
		},
		judge: func(r *run) []Invariant {
			return append(r.planned(), r.planSays("mode automatic: REFUSE", "mode manual: GO", "mode planned: GO", "check readiness", "set the failover switch"))
		},
	},
	{
		Name: "dry-run-back", Expected: Recovered, quiet: true, turned: true,
		Sentence: "us-west-2 is active, and a person asks in us-east-1 what going back would do: the same in the other direction, and nothing is changed there either.",
		prepare: func(r *run) {
			r.world.Mature()
			r.at(r.moment(), r.rehearse)
		},
		judge: func(r *run) []Invariant {
			return append(r.planned(), r.planSays("from us-west-2 to us-east-1", "mode automatic: REFUSE", "mode planned: GO", "set the failover switch"))
		},
	},
	{
		Name: "dry-run-outage", Expected: Recovered, quiet: true,
		Sentence: "The region is dead and a person looks before anything is started: an automatic failover would go, a planned one not, and nothing is changed.",
		prepare: func(r *run) {
			r.turnOff(r.standby(), r.env.PrimaryAlarm())
			r.at(r.moment(), r.killPrimary)
			r.at(5*time.Minute, r.rehearse)
		},
		judge: func(r *run) []Invariant {
			return append(r.planned(), r.planSays("mode automatic: GO", "mode planned: REFUSE", "the fence stays owed"))
		},
	},
	{
		Name: "dry-run-switch-frozen", Expected: Recovered, quiet: true, turned: true,
		Sentence: "us-west-2 is active and dead, and the switch that it holds is frozen: the plan says that the records are left, that they need us-east-1, and what is to be put back afterwards.",
		prepare: func(r *run) {
			r.turnOff(r.standby(), r.env.PrimaryAlarm())
			r.at(r.moment(), r.killPrimary)
			r.at(5*time.Minute, r.rehearse)
		},
		judge: func(r *run) []Invariant {
			return append(r.planned(), r.planSays("mode automatic: GO", "edit both records, since the switch is frozen", "needs Route 53's control plane in us-east-1", "update-health-check", "What is left after that"))
		},
	},
}

// rehearse starts the dry run in the region that would be activated.
func (r *run) rehearse() {
	r.broken = r.world.Sim.Now()
	r.startIn(r.standby(), `{"mode":"dry-run","by":"Ada","reason":"drill"}`)
}

// planned: the dry run's output holds a plan, and no function that it called changed anything, the memory included.
func (r *run) planned() []Invariant {
	x := r.judged()[0]
	return []Invariant{
		r.nothingChanged(),
		verdict("a plan, and no mutating call", r.observed.meddled == 0 && hasPlan(x.Output()), "%s by the functions of the dry run", counted(r.observed.meddled, "mutating call")),
	}
}

// planSays: the plan that is printed has these words.
func (r *run) planSays(words ...string) Invariant {
	missing := missingFrom(strings.Join(planOf(r.judged()[0].Output()), "\n"), words...)
	return verdict("the plan says what it has to", missing == "", "missing: %s", orNone(missing))
}

// missingFrom lists the words that a text does not have; "" when it has all.
func missingFrom(text string, words ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.Contains(text, w) }), "; ")
}

// planOf is the plan in the output of a dry run as a person reads it; nil when there is none.
func planOf(output json.RawMessage) []string {
	var out struct{ Plan struct{ Text []string } }
	if json.Unmarshal(output, &out) != nil {
		return nil
	}
	return out.Plan.Text
}

// hasPlan tells whether an output holds a plan with steps for every mode.
func hasPlan(output json.RawMessage) bool {
	type plan struct {
		Decision string
		Steps    []json.RawMessage
	}
	var out struct {
		Plan struct{ Automatic, Manual, Planned plan }
	}
	if json.Unmarshal(output, &out) != nil {
		return false
	}
	for _, p := range []plan{out.Plan.Automatic, out.Plan.Manual, out.Plan.Planned} {
		if p.Decision == "" || len(p.Steps) == 0 {
			return false
		}
	}
	return true
}
