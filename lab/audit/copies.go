package audit

import (
	"encoding/json"
	"fmt"
	"time"
)

// verifyCopies: two points are verified one after the other where they were replicated to, as after a failover: the second
// verification begins where the first one ended.
func (s *site) verifyCopies() {
	for range 2 {
		s.start(s.primary, "backup-data")
		s.pass(time.Hour) // replication takes minutes
		s.start(s.recovery, "verify-backup")
		s.pass(10 * time.Minute)
	}
}

func (s *site) start(region, machine string) {
	if _, err := s.States.Start(region, s.Env.MachineName(machine), "", json.RawMessage("{}")); err != nil {
		panic(fmt.Sprintf("lab: start %s: %v", machine, err))
	}
}
