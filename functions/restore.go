package functions

import (
	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/functions/rebuildreplica"
	"github.com/acso/disaster-recovery/functions/restoreconfig"
	"github.com/acso/disaster-recovery/functions/restoredata"
	"github.com/acso/disaster-recovery/functions/restoredatabase"
	"github.com/acso/disaster-recovery/functions/restorelock"
	"github.com/acso/disaster-recovery/functions/restoreservices"
	"github.com/acso/disaster-recovery/functions/revealpoints"
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
			Name: "restoreconfig", New: on(restoreconfig.New, (*restoreconfig.Handler).Handle), Grants: restoreconfig.Grants, Errors: restoreconfig.Errors,
			Event: restoreconfig.Event, Timeout: long, MemoryMB: memory, Regions: Both, Concurrency: oneWriter,
		},
		{
			// It writes the files: the longest that Lambda allows, and memory for throughput.
			Name: "restoredata", New: on(restoredata.New, (*restoredata.Handler).Handle), Grants: restoredata.Grants, Errors: restoredata.Errors,
			Event: restoredata.Event, Timeout: longest, MemoryMB: 4 * memory, Regions: Both, Files: true, Writes: true, Concurrency: oneWriter,
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
		{
			Name: "revealpoints", New: on(revealpoints.New, (*revealpoints.Handler).Handle), Grants: revealpoints.Grants, Errors: revealpoints.Errors,
			Event: revealpoints.Event, Timeout: long, MemoryMB: 2 * memory, Regions: Both,
		},
	}
}
