package drill

import "github.com/acso/disaster-recovery/lab/cloud"

// Watched is the scenario with somebody who sees every attempt to call a service. Watching changes nothing in the run.
func (s Scenario) Watched(see func(cloud.Record)) Scenario {
	prepare := s.prepare
	s.prepare = func(r *run) {
		r.world.Cloud.Observe(see)
		prepare(r)
	}
	return s
}
