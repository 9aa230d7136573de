package functions

import (
	"github.com/acso/disaster-recovery/functions/escalate"
	"github.com/acso/disaster-recovery/functions/review"
)

// telling are the functions that tell people of an incident, in the region that is being activated.
func telling() []Function {
	return []Function{
		{
			Name: "escalate", New: on(escalate.New, (*escalate.Handler).Handle), Grants: escalate.Grants, Errors: escalate.Errors,
			Event: escalate.Event, Timeout: long, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "review", New: on(review.New, (*review.Handler).Handle), Grants: review.Grants, Errors: review.Errors,
			Event: review.Event, Timeout: long, MemoryMB: memory, Regions: Recovery,
		},
	}
}
