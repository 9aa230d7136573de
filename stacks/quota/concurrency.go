package quota

import (
	"encoding/json"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/stacks/template"
)

// unreserved is what AWS keeps out of reach of reserved concurrency.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
const unreserved = 100

// concurrency is how many invocations a region comes to run at once: what is reserved, what has to stay unreserved, and
// beyond that what the state machines call at once if all of them run.
func concurrency(_ *environment.Environment, templates []*template.Template) int {
	reserved, called := 0, 0
	for _, t := range templates {
		for _, id := range t.Of("AWS::Lambda::Function") {
			reserved += whole(t.Get(id, "ReservedConcurrentExecutions"))
		}
		for _, id := range t.Of("AWS::StepFunctions::StateMachine") {
			var definition machine
			if json.Unmarshal([]byte(t.Text(id, "DefinitionString")), &definition) == nil {
				called += definition.atOnce()
			}
		}
	}
	return reserved + max(unreserved, called)
}

// machine is what this package reads of a definition.
type machine struct {
	States map[string]struct {
		Branches       []machine
		ItemProcessor  *machine
		MaxConcurrency int
	}
}

// atOnce is how many tasks a machine has under way at most. States follow one another, so the widest one counts.
func (m machine) atOnce() int {
	widest := 1
	for _, state := range m.States {
		branches := 0
		for _, branch := range state.Branches {
			branches += branch.atOnce()
		}
		items := 0
		if state.ItemProcessor != nil {
			items = max(1, state.MaxConcurrency) * state.ItemProcessor.atOnce()
		}
		widest = max(widest, branches, items)
	}
	return widest
}
