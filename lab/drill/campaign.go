package drill

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// CampaignOptions says what a campaign runs.
type CampaignOptions struct {
	Environment *environment.Environment
	Seeds       int    // how many runs
	First       uint64 // the seed of the first
	Scenarios   []string
	FaultFree   bool // scenarios as they are, without random faults
	Workers     int
	Clock       func() time.Time // real time, for the rate
	Progress    func(done, total int)
}

// CampaignResult is what a campaign found.
type CampaignResult struct {
	Runs             int                        `json:"runs"`
	Seconds          float64                    `json:"seconds"`
	PerSecond        float64                    `json:"perSecond"`
	Outcomes         map[string]map[Outcome]int `json:"outcomes"` // by scenario
	MedianRTOSeconds *float64                   `json:"medianRtoSeconds"`
	WorstRTOSeconds  *float64                   `json:"worstRtoSeconds"`
	WorstRTORepeat   string                     `json:"worstRtoRepeat,omitempty"`
	Restores         []RestoreTimes             `json:"restores,omitempty"` // by scenario
	Broken           []Broken                   `json:"broken"`
}

// RestoreTimes are the times of the restores of a scenario that recovered, in seconds, from the approval to the end.
type RestoreTimes struct {
	Scenario         string  `json:"scenario"`
	Runs             int     `json:"runs"`
	MedianSeconds    float64 `json:"medianSeconds"`
	WorstSeconds     float64 `json:"worstSeconds"`
	ObjectiveSeconds float64 `json:"objectiveSeconds"`
	MedianPath       float64 `json:"medianPathSeconds"` // critical path of the run at the median
	WorstRatio       float64 `json:"worstRatio"`        // time / critical path, of the run that was furthest from it
	Repeat           string  `json:"repeat"`            // that run
}

// Broken is an invariant that did not hold, or could not be judged, with the command that shows it again.
type Broken struct {
	Invariant string  `json:"invariant"`
	Result    Verdict `json:"result"`
	Detail    string  `json:"detail"`
	Repeat    string  `json:"repeat"`
}

// Ok tells whether every invariant held in every run.
func (r *CampaignResult) Ok() bool { return len(r.Broken) == 0 }

// Campaign runs scenarios with random faults, seed by seed. The faults, like everything else, follow from the seed, so
// the result does not depend on how many workers share the work.
func Campaign(ctx context.Context, o CampaignOptions) (*CampaignResult, error) {
	scenarios, err := chosen(o.Scenarios)
	if err != nil {
		return nil, err
	}
	if o.Seeds < 1 {
		return nil, fmt.Errorf("a campaign needs at least 1 seed, not %d", o.Seeds)
	}
	begun := o.Clock()
	results, err := inParallel(ctx, o.Workers, o.Seeds, o.Progress, func(ctx context.Context, bench *Bench, i int) (*Result, error) {
		seed := o.First + uint64(i)
		scenario := scenarios[i%len(scenarios)]
		return Run(ctx, scenario, Options{Seed: seed, Environment: o.Environment, Bench: bench, Random: !o.FaultFree})
	})
	if err != nil {
		return nil, err
	}
	sum := summarise(results, o.Clock().Sub(begun))
	if o.FaultFree {
		sum.judgeRestores()
	}
	return sum, nil
}

func summarise(results []*Result, took time.Duration) *CampaignResult {
	sum := &CampaignResult{
		Runs: len(results), Seconds: took.Seconds(), PerSecond: float64(len(results)) / took.Seconds(),
		Outcomes: map[string]map[Outcome]int{}, Broken: []Broken{},
	}
	sum.Restores = restoreTimes(results)
	var recoveries []*Result
	for _, r := range results {
		if sum.Outcomes[r.Scenario] == nil {
			sum.Outcomes[r.Scenario] = map[Outcome]int{}
		}
		sum.Outcomes[r.Scenario][r.Outcome]++
		sum.Broken = append(sum.Broken, broken(r)...)
		if r.Outcome == Recovered && r.RTO.ClientSeconds != nil {
			recoveries = append(recoveries, r)
		}
	}
	if len(recoveries) > 0 {
		slices.SortStableFunc(recoveries, func(a, b *Result) int { return cmp.Compare(*a.RTO.ClientSeconds, *b.RTO.ClientSeconds) })
		worst := recoveries[len(recoveries)-1]
		sum.MedianRTOSeconds, sum.WorstRTOSeconds = recoveries[len(recoveries)/2].RTO.ClientSeconds, worst.RTO.ClientSeconds
		sum.WorstRTORepeat = worst.Repeat
	}
	return sum
}

// restoreTimes sums up restores by scenario, in the order of the names.
func restoreTimes(results []*Result) (list []RestoreTimes) {
	of := map[string][]*Result{}
	for _, r := range results {
		if r.Outcome == Recovered && r.RestorePath != nil && len(r.RestorePath.Legs) > 0 {
			of[r.Scenario] = append(of[r.Scenario], r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		runs := of[name]
		slices.SortStableFunc(runs, func(a, b *Result) int { return cmp.Compare(a.RestorePath.Seconds, b.RestorePath.Seconds) })
		median, worst := runs[len(runs)/2].RestorePath, runs[len(runs)-1].RestorePath
		t := RestoreTimes{Scenario: name, Runs: len(runs), MedianSeconds: median.Seconds, WorstSeconds: worst.Seconds, ObjectiveSeconds: median.ObjectiveSeconds, MedianPath: median.Total}
		for _, r := range runs {
			if r.RestorePath.Ratio > t.WorstRatio {
				t.WorstRatio, t.Repeat = r.RestorePath.Ratio, r.Repeat
			}
		}
		list = append(list, t)
	}
	return list
}

// judgeRestores holds undisturbed restores to their objective at the median. How near each is to its critical path is an
// invariant of its own run.
func (r *CampaignResult) judgeRestores() {
	for _, t := range r.Restores {
		if t.MedianSeconds >= t.ObjectiveSeconds {
			r.Broken = append(r.Broken, Broken{
				Invariant: "half of the restores are within their objective", Result: Fail, Repeat: t.Repeat,
				Detail: fmt.Sprintf("%s: the median of %d runs is %s, the objective %s", t.Scenario, t.Runs, brief(t.MedianSeconds), brief(t.ObjectiveSeconds)),
			})
		}
	}
}

func broken(r *Result) []Broken {
	var found []Broken
	for _, i := range r.Invariants {
		if i.Result != Pass {
			found = append(found, Broken{Invariant: i.Name, Result: i.Result, Detail: i.Detail, Repeat: r.Repeat})
		}
	}
	return found
}

func chosen(names []string) ([]Scenario, error) {
	if len(names) == 0 {
		return Scenarios(), nil
	}
	var list []Scenario
	for _, name := range names {
		s, err := Find(name)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// inParallel does n pieces of work on some workers, each with its own bench, and gives the results in order.
func inParallel[T any](ctx context.Context, workers, n int, progress func(done, total int), work func(context.Context, *Bench, int) (T, error)) ([]T, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]T, n)
	next := make(chan int)
	var lock sync.Mutex
	finished := 0
	var group sync.WaitGroup
	for range max(1, workers) {
		group.Go(func() {
			bench, err := NewBench()
			if err != nil {
				cancel(err)
				return
			}
			for i := range next {
				result, err := work(ctx, bench, i)
				if err != nil {
					cancel(err)
					continue
				}
				lock.Lock()
				results[i] = result
				if finished++; progress != nil {
					progress(finished, n)
				}
				lock.Unlock()
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	group.Wait()
	return results, context.Cause(ctx)
}

// faultFlags are the command line flags that give a run the same faults again.
func faultFlags(faults []cloud.Fault) string {
	var flags strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&flags, " --fault '%s'", f)
	}
	return flags.String()
}
