package functions

import (
	"github.com/acso/disaster-recovery/functions/inspect"
	"github.com/acso/disaster-recovery/functions/readiness"
	judged "github.com/acso/disaster-recovery/internal/readiness"
)

// ready is the function that judges whether its region could be activated, in both regions: each finds out by itself whether
// it is the one that may be. It has the other one look at the data.
func ready() []Function {
	return []Function{
		{
			Name: "inspect", New: on(inspect.New, (*inspect.Handler).Handle), Grants: inspect.Grants, Errors: inspect.Errors,
			Event: inspect.Event, Timeout: judged.Inspecting, MemoryMB: memory, Regions: Both,
		},
		{
			// Long, since it reads everything that a failover needs, in two regions.
			Name: "readiness", New: on(readiness.New, (*readiness.Handler).Handle), Grants: readiness.Grants, Errors: readiness.Errors,
			Event: readiness.Event, Timeout: long, MemoryMB: memory, Regions: Both, Schedule: "rate(30 minutes)", Payload: `{"keep":true}`,
		},
	}
}
