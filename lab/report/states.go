package report

import "github.com/acso/disaster-recovery/lab/drill"

// stateSummary is one state of one execution, over all its visits: a poll visits the same state many times.
type stateSummary struct {
	Name     string
	Seconds  float64 // in all visits that ended
	Attempts int
	Open     bool // a visit has not ended
	visits   []drill.State
}

// summarize gives the states of an execution in the order of their first visit.
func summarize(e *drill.Execution) []*stateSummary {
	var all []*stateSummary
	byName := map[string]*stateSummary{}
	for _, visit := range e.States {
		summary := byName[visit.Name]
		if summary == nil {
			summary = &stateSummary{Name: visit.Name}
			byName[visit.Name] = summary
			all = append(all, summary)
		}
		summary.visits = append(summary.visits, visit)
		summary.Attempts += visit.Attempts
		if visit.ExitedAt == nil {
			summary.Open = true
			continue
		}
		summary.Seconds += visit.ExitedAt.Sub(visit.EnteredAt).Seconds()
	}
	return all
}
