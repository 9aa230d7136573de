package audit

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/lambda"
)

// verifyCopies: two points are verified one after the other, also where they were replicated to, as after a failover: the
// second verification begins where the first one ended. Then nothing is backed up for so long that the last verified point
// would expire; the functions believe in the time because their clocks say so.
func (s *site) verifyCopies() {
	for n := range 2 {
		s.Files.Put("cases/changed.json", fmt.Sprintf("changed for the %d. time", n))
		s.start(s.primary, "backup-data")
		s.pass(time.Hour) // replication takes minutes
		for _, region := range s.Cloud.Regions() {
			s.start(region, "verify-backup")
		}
		s.pass(10 * time.Minute)
	}
	const nearTheEnd = 25 * 24 * time.Hour
	for _, region := range s.Cloud.Regions() {
		s.Cloud.Skew(region, nearTheEnd)
		for range 2 { // the second run reads what the first one has noted
			s.Lambda.Invoke(s.Lambda.ARN(region, s.Env.FunctionName("keepverified")), json.RawMessage("{}"), func(json.RawMessage, *lambda.Error) {})
			s.pass(time.Minute)
		}
		s.Cloud.Skew(region, 0)
	}
}

func (s *site) start(region, machine string) {
	if _, err := s.States.Start(region, s.Env.MachineName(machine), "", json.RawMessage("{}")); err != nil {
		panic(fmt.Sprintf("lab: start %s: %v", machine, err))
	}
}
