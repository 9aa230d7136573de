package drill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/acso/disaster-recovery/internal/environment"
)

// SeriesOptions says which scenarios run, undisturbed, and how often.
type SeriesOptions struct {
	Environment *environment.Environment
	Scenarios   []string // by name; none is all
	Seeds       int      // runs of each
	First       uint64   // the first seed of each
	Workers     int
	Progress    func(done, total int)
}

// SeriesResult is how the runs of each scenario ended.
type SeriesResult struct {
	Seeds  int      `json:"seeds"`
	First  uint64   `json:"first"`
	Series []Series `json:"series"`
}

// Series sums up the runs of one scenario.
type Series struct {
	Scenario   string        `json:"scenario"`
	Expected   Outcome       `json:"expectedOutcome"`
	AsExpected int           `json:"asExpected"` // runs that ended so, with every invariant and objective held
	Otherwise  []Otherwise   `json:"otherwise"`
	Recovery   *Distribution `json:"recoverySeconds"` // of clients, or of a restore from its approval on, in runs that recovered; null when nothing measures it
	Path       *Distribution `json:"criticalPathRatio"`
	// Fingerprint is the SHA-256 over that of each run's result as compact JSON: two series on the same sources differ in it only
	// when something is not deterministic.
	Fingerprint string `json:"fingerprint"`
}

// Distribution is over the runs that measured something.
type Distribution struct {
	Runs   int     `json:"runs"`
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
}

// Otherwise is a run that did not end as it should.
type Otherwise struct {
	Outcome Outcome `json:"outcome"`
	Repeat  string  `json:"repeat"`
}

// Ok tells whether every run of every scenario ended as expected.
func (r *SeriesResult) Ok() bool {
	return !slices.ContainsFunc(r.Series, func(s Series) bool { return len(s.Otherwise) > 0 })
}

// RunSeries runs scenarios seed by seed without any fault but their own. The result does not depend on how many workers share
// the work.
func RunSeries(ctx context.Context, o SeriesOptions) (*SeriesResult, error) {
	scenarios, err := chosen(o.Scenarios)
	if err != nil {
		return nil, err
	}
	if o.Seeds < 1 {
		return nil, fmt.Errorf("a series needs at least 1 seed, not %d", o.Seeds)
	}
	runs, err := inParallel(ctx, o.Workers, len(scenarios)*o.Seeds, o.Progress, func(ctx context.Context, bench *Bench, i int) (*single, error) {
		r, err := Run(ctx, scenarios[i/o.Seeds], Options{Seed: o.First + uint64(i%o.Seeds), Environment: o.Environment, Bench: bench})
		if err != nil {
			return nil, err
		}
		return singleOf(r)
	})
	if err != nil {
		return nil, err
	}
	sum := &SeriesResult{Seeds: o.Seeds, First: o.First}
	for i, s := range scenarios {
		sum.Series = append(sum.Series, seriesOf(s, runs[i*o.Seeds:(i+1)*o.Seeds]))
	}
	return sum, nil
}

// single is what is kept of one run: hundreds of timelines would fill the memory.
type single struct {
	ok             bool
	outcome        Outcome
	repeat         string
	recovery, path *float64
	fingerprint    [sha256.Size]byte
}

func singleOf(r *Result) (*single, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write the result of %s, seed %d, as JSON: %w", r.Scenario, r.Seed, err)
	}
	one := &single{ok: r.Ok(), outcome: r.Outcome, repeat: r.Repeat, fingerprint: sha256.Sum256(text)}
	if r.Outcome != Recovered { // there may have been an outage, and nothing ended it
		return one, nil
	}
	one.recovery = r.RTO.ClientSeconds
	switch {
	case r.RestorePath != nil && len(r.RestorePath.Legs) > 0:
		one.recovery, one.path = &r.RestorePath.Seconds, &r.RestorePath.Ratio
	case r.CriticalPath != nil:
		one.path = &r.CriticalPath.Ratio
	}
	return one, nil
}

func seriesOf(s Scenario, runs []*single) Series {
	sum := Series{Scenario: s.Name, Expected: s.Expected, Otherwise: []Otherwise{}}
	var recoveries, ratios []float64
	all := sha256.New()
	for _, one := range runs {
		all.Write(one.fingerprint[:])
		if one.ok {
			sum.AsExpected++
		} else {
			sum.Otherwise = append(sum.Otherwise, Otherwise{one.outcome, one.repeat})
		}
		if one.recovery != nil {
			recoveries = append(recoveries, *one.recovery)
		}
		if one.path != nil {
			ratios = append(ratios, *one.path)
		}
	}
	sum.Recovery, sum.Path, sum.Fingerprint = distribution(recoveries), distribution(ratios), hex.EncodeToString(all.Sum(nil))
	return sum
}

// distribution sorts its values; nil without any.
func distribution(values []float64) *Distribution {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	return &Distribution{Runs: len(values), Median: values[len(values)/2], Worst: values[len(values)-1]}
}
