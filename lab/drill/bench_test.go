package drill_test

import (
	"context"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/drill"
)

// BenchmarkRegionOutage is one whole failover: the world, the warm-up, the recovery and the judgement.
func BenchmarkRegionOutage(b *testing.B) {
	e, err := environments.Named("production")
	if err != nil {
		b.Fatal(err)
	}
	s, err := drill.Find("region-outage")
	if err != nil {
		b.Fatal(err)
	}
	bench, err := drill.NewBench()
	if err != nil {
		b.Fatal(err)
	}
	seed := uint64(0)
	for b.Loop() {
		seed++
		if _, err := drill.Run(context.Background(), s, drill.Options{Seed: seed, Environment: e, Bench: bench}); err != nil {
			b.Fatal(err)
		}
	}
}
