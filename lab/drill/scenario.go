package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scenario is one way in which things go wrong, and how it has to end.
type Scenario struct {
	Name     string
	Sentence string
	Expected Outcome

	machine    string        // the machine that is judged; failover unless it says otherwise
	limit      time.Duration // of virtual time from the outage; 0 means the default
	quiet      bool          // nothing may be changed: the outcome is a stand-down
	everywhere bool          // a crash test kills it in calls to both regions
	turned     bool          // the recovery region is active when it begins
	recent     bool          // it became so a moment ago: the cool-down runs
	lossless   bool          // a planned switchover: no write may be lost, and clients wait no longer than its parts take
	scheduled  bool          // backups start by their schedules
	telling    bool          // what is judged is what people are told: random faults break that
	begins     time.Time     // when its world begins; zero means the lab's epoch
	prepare    func(*run)
	late       bool                   // what is broken takes longer than the objective allows: it is missed, and has to be reported as missed
	judge      func(*run) []Invariant // of a procedure that concerns no client; nil for a failover
	also       func(*run) []Invariant // what is judged of a failover besides, whatever else is broken; may be nil
	more       func(*run) []Invariant // of a failover besides, when nothing else interferes: see undisturbed; may be nil
}

// Machine is the state machine that the scenario judges.
func (s Scenario) Machine() string {
	if s.machine == "" {
		return "failover"
	}
	return s.machine
}

// Scenarios are all scenarios, in the order in which a reader meets them.
func Scenarios() []Scenario {
	return slices.Concat(
		failovers,
		backups,
		databaseBackups,
		dataBackups,
		configurationBackups,
		infrastructureBackups,
		logBackups,
		followed,
		dailyBackups,
		copiedBackups,
		kept,
		keptPoints,
		verifications,
		chainVerifications,
		hinderedBackups,
		restores,
		failbacks,
		roundTrips,
		releases,
		restoreTests,
		rebuilds,
		readinesses,
		tellings,
	)
}

// Find is the scenario of a name. The error names what is near.
func Find(name string) (Scenario, error) {
	var near []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		if distance(s.Name, name) <= 3 || name != "" && strings.Contains(s.Name, name) {
			near = append(near, s.Name)
		}
	}
	if len(near) > 0 {
		return Scenario{}, fmt.Errorf("there is no scenario %q: did you mean %s?", name, strings.Join(near, " or "))
	}
	return Scenario{}, fmt.Errorf("there is no scenario %q: drctl scenarios lists them", name)
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
