package main

import "github.com/acso/disaster-recovery/lab/drill"

type scenariosCommand struct {
	JSON bool `name:"json" help:"Print the list as JSON."`
}

// Run lists the scenarios.
func (c *scenariosCommand) Run(a *app) error {
	all := a.lab.scenarios()
	if !c.JSON {
		return a.screen().Scenarios(all)
	}
	type scenario struct {
		Name            string        `json:"name"`
		Sentence        string        `json:"sentence"`
		ExpectedOutcome drill.Outcome `json:"expectedOutcome"`
	}
	list := make([]scenario, 0, len(all))
	for _, s := range all {
		list = append(list, scenario{s.Name, s.Sentence, s.Expected})
	}
	return writeJSON(a.stdout, list)
}
