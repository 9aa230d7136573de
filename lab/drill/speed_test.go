package drill_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

// TestFailoverKeepsToItsCriticalPath runs undisturbed outages: what the orchestration adds to what cannot be shortened
// is bounded in each, and the clients' recovery time over all.
func TestFailoverKeepsToItsCriticalPath(t *testing.T) {
	long(t)
	t.Parallel()
	const seeds = 200
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s, err := drill.Find("region-outage")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := drill.NewBench()
	if err != nil {
		t.Fatal(err)
	}
	var times []float64
	for seed := range uint64(seeds) {
		r, err := drill.Run(context.Background(), s, drill.Options{Seed: seed, Environment: e, Bench: bench})
		if err != nil {
			t.Fatal(err)
		}
		p := r.CriticalPath
		if p == nil || !r.Ok() {
			t.Fatalf("seed %d did not recover as expected: %s, %+v", seed, r.Outcome, r.Invariants)
		}
		if p.Ratio > 1.10 {
			t.Errorf("seed %d took %.2f times its critical path %+v", seed, p.Ratio, p)
		}
		if p.Overhead > 30 {
			t.Errorf("seed %d: the orchestration added %.0f s", seed, p.Overhead)
		}
		times = append(times, *r.RTO.ClientSeconds)
	}
	slices.Sort(times)
	if median, worst := times[len(times)/2], times[len(times)-1]; median >= 15*60 || worst >= 30*60 {
		t.Errorf("recovery time of clients: median %.0f s, worst %.0f s; wanted under 15 and 30 minutes", median, worst)
	} else {
		t.Logf("recovery time of clients over %d seeds: median %.0f s, worst %.0f s", seeds, median, worst)
	}
}

// TestASwitchoverCostsClientsItsPartsAndNoWrite runs planned switchovers both ways: the lab judges the loss and the outage
// of each by its own events.
func TestASwitchoverCostsClientsItsPartsAndNoWrite(t *testing.T) {
	long(t)
	t.Parallel()
	const seeds = 12
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := drill.NewBench()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"switchover", "switchover-back"} {
		s, err := drill.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(seeds) {
			r, err := drill.Run(context.Background(), s, drill.Options{Seed: seed, Environment: e, Bench: bench})
			if err != nil {
				t.Fatal(err)
			}
			judged := 0
			for _, i := range r.Invariants {
				if i.Name == "no write is lost" || i.Name == "clients waited only for the parts of the switchover" {
					judged++
				}
			}
			if !r.Ok() || judged != 2 {
				t.Errorf("%s, seed %d: %s, RTO met %s: %+v", name, seed, r.Outcome, r.RTO.Met, r.Invariants)
			}
		}
	}
}

// TestSameSeedSameBytes runs every seventh scenario under random faults twice, on a bench of its own each time: nothing that one
// run leaves behind reaches another. The step drills of .ci/run compares all scenarios between two processes, without random faults.
func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	e, err := environments.Named("test")
	if err != nil {
		t.Fatal(err)
	}
	var rounds [2][][]byte
	for round := range rounds {
		bench, err := drill.NewBench()
		if err != nil {
			t.Fatal(err)
		}
		for n, s := range drill.Scenarios() {
			if n%7 != 0 {
				continue
			}
			r, err := drill.Run(context.Background(), s, drill.Options{Seed: 11, Environment: e, Random: true, Bench: bench})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			rounds[round] = append(rounds[round], text)
		}
	}
	for n, text := range rounds[0] {
		if !bytes.Equal(text, rounds[1][n]) {
			t.Errorf("%s: two runs of one seed differ", drill.Scenarios()[7*n].Name)
		}
	}
}
