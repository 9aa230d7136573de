package functions

import (
	"github.com/acso/disaster-recovery/functions/comparefiles"
	"github.com/acso/disaster-recovery/functions/failbacklock"
	"github.com/acso/disaster-recovery/functions/missingwrites"
	"github.com/acso/disaster-recovery/functions/rebuildstandby"
	"github.com/acso/disaster-recovery/functions/releasedatabase"
	"github.com/acso/disaster-recovery/functions/reopen"
	"github.com/acso/disaster-recovery/functions/returnconfig"
	"github.com/acso/disaster-recovery/functions/reversefiles"
)

// failbacks are the functions that a failback calls, in the region that is activated again. Each makes calls to both.
func failbacks() []Function {
	return []Function{
		{
			Name: "comparefiles", New: on(comparefiles.New, (*comparefiles.Handler).Handle), Grants: comparefiles.Grants, Errors: comparefiles.Errors,
			Event: comparefiles.Event, Timeout: longest, MemoryMB: 2 * memory, Regions: Both, Files: true,
		},
		{
			Name: "failbacklock", New: on(failbacklock.New, (*failbacklock.Handler).Handle), Grants: failbacklock.Grants, Errors: failbacklock.Errors,
			Event: failbacklock.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "missingwrites", New: on(missingwrites.New, (*missingwrites.Handler).Handle), Grants: missingwrites.Grants, Errors: missingwrites.Errors,
			Event: missingwrites.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "rebuildstandby", New: on(rebuildstandby.New, (*rebuildstandby.Handler).Handle), Grants: rebuildstandby.Grants, Errors: rebuildstandby.Errors,
			Event: rebuildstandby.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "releasedatabase", New: on(releasedatabase.New, (*releasedatabase.Handler).Handle), Grants: releasedatabase.Grants, Errors: releasedatabase.Errors,
			Event: releasedatabase.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "reopen", New: on(reopen.New, (*reopen.Handler).Handle), Grants: reopen.Grants, Errors: reopen.Errors,
			Event: reopen.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "returnconfig", New: on(returnconfig.New, (*returnconfig.Handler).Handle), Grants: returnconfig.Grants, Errors: returnconfig.Errors,
			Event: returnconfig.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "reversefiles", New: on(reversefiles.New, (*reversefiles.Handler).Handle), Grants: reversefiles.Grants, Errors: reversefiles.Errors,
			Event: reversefiles.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
	}
}
