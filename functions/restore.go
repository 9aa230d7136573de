package functions

import (
	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/functions/rebuildreplica"
	"github.com/acso/disaster-recovery/functions/restoredatabase"
	"github.com/acso/disaster-recovery/functions/restorelock"
	"github.com/acso/disaster-recovery/functions/restoreservices"
)

// restores are the functions that a restore calls, in the active region, whose data are restored.
func restores() []Function {
	return []Function{
		{
			Name: "planrestore", New: on(planrestore.New, (*planrestore.Handler).Handle), Grants: planrestore.Grants, Errors: planrestore.Errors,
			Event: planrestore.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "rebuildreplica", New: on(rebuildreplica.New, (*rebuildreplica.Handler).Handle), Grants: rebuildreplica.Grants, Errors: rebuildreplica.Errors,
			Event: rebuildreplica.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "restoredatabase", New: on(restoredatabase.New, (*restoredatabase.Handler).Handle), Grants: restoredatabase.Grants, Errors: restoredatabase.Errors,
			Event: restoredatabase.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "restorelock", New: on(restorelock.New, (*restorelock.Handler).Handle), Grants: restorelock.Grants, Errors: restorelock.Errors,
			Event: restorelock.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "restoreservices", New: on(restoreservices.New, (*restoreservices.Handler).Handle), Grants: restoreservices.Grants, Errors: restoreservices.Errors,
			Event: restoreservices.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
	}
}
