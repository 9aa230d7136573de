package functions

import (
	"github.com/acso/disaster-recovery/functions/followrole"
	"github.com/acso/disaster-recovery/functions/keepverified"
	"github.com/acso/disaster-recovery/functions/prunesnapshots"
	"github.com/acso/disaster-recovery/functions/watchbackups"
)

// keeping are the functions that look after recovery points by themselves, in both regions: each region answers for what
// it holds.
func keeping() []Function {
	return []Function{
		{
			Name: "followrole", New: on(followrole.New, (*followrole.Handler).Handle), Grants: followrole.Grants, Errors: followrole.Errors,
			Event: followrole.Event, Timeout: brief, MemoryMB: memory, Regions: Both, Schedule: EveryMinute, Concurrency: 1,
		},
		{
			// The longest, for a point of a million objects whose locks are prolonged; on most days it lists two days and is done.
			Name: "keepverified", New: on(keepverified.New, (*keepverified.Handler).Handle), Grants: keepverified.Grants, Errors: keepverified.Errors,
			Event: keepverified.Event, Timeout: longest, MemoryMB: memory, Regions: Both, Schedule: "rate(6 hours)", Concurrency: 1,
		},
		{
			// Long, since it may remove 25 snapshots; once a day brings five whose retention is over.
			Name: "prunesnapshots", New: on(prunesnapshots.New, (*prunesnapshots.Handler).Handle), Grants: prunesnapshots.Grants, Errors: prunesnapshots.Errors,
			Event: prunesnapshots.Event, Timeout: long, MemoryMB: memory, Regions: Both, Schedule: "rate(1 day)", Payload: `{"apply":true}`, Concurrency: 1,
		},
		{
			// Long, since it lists a month of points once a day.
			Name: "watchbackups", New: on(watchbackups.New, (*watchbackups.Handler).Handle), Grants: watchbackups.Grants, Errors: watchbackups.Errors,
			Event: watchbackups.Event, Timeout: long, MemoryMB: memory, Regions: Both, Schedule: "rate(15 minutes)", Concurrency: 1,
		},
	}
}
