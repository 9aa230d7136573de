package functions

import (
	"github.com/acso/disaster-recovery/functions/plansystem"
	"github.com/acso/disaster-recovery/functions/rebuilddatabase"
	"github.com/acso/disaster-recovery/functions/rebuildlock"
	"github.com/acso/disaster-recovery/functions/rebuildservices"
)

// rebuilding are the functions of a restore of the whole system, in the region that is restored.
func rebuilding() []Function {
	return []Function{
		{
			Name: "plansystem", New: on(plansystem.New, (*plansystem.Handler).Handle), Grants: plansystem.Grants, Errors: plansystem.Errors,
			Event: plansystem.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "rebuilddatabase", New: on(rebuilddatabase.New, (*rebuilddatabase.Handler).Handle), Grants: rebuilddatabase.Grants, Errors: rebuilddatabase.Errors,
			Event: rebuilddatabase.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "rebuildlock", New: on(rebuildlock.New, (*rebuildlock.Handler).Handle), Grants: rebuildlock.Grants, Errors: rebuildlock.Errors,
			Event: rebuildlock.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "rebuildservices", New: on(rebuildservices.New, (*rebuildservices.Handler).Handle), Grants: rebuildservices.Grants, Errors: rebuildservices.Errors,
			Event: rebuildservices.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
	}
}
