package functions

import (
	"github.com/acso/disaster-recovery/functions/copytodr"
	"github.com/acso/disaster-recovery/functions/snapshot"
	"github.com/acso/disaster-recovery/functions/verifychecksums"
)

// backup are the functions that the backup machines call. They run where the data is, and verification in both regions.
func backup() []Function {
	return []Function{
		{
			Name: "copytodr", New: on(copytodr.New, (*copytodr.Handler).Handle), Grants: copytodr.Grants, Errors: copytodr.Errors,
			Event: copytodr.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "snapshot", New: on(snapshot.New, (*snapshot.Handler).Handle), Grants: snapshot.Grants, Errors: snapshot.Errors,
			Event: snapshot.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			// It reads every byte of a batch: the longest that Lambda allows, and memory for throughput.
			Name: "verifychecksums", New: on(verifychecksums.New, (*verifychecksums.Handler).Handle), Grants: verifychecksums.Grants, Errors: verifychecksums.Errors,
			Event: verifychecksums.Event, Timeout: longest, MemoryMB: 2 * memory, Regions: Both,
		},
	}
}
