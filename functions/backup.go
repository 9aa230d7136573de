package functions

import (
	"github.com/acso/disaster-recovery/functions/backupconfig"
	"github.com/acso/disaster-recovery/functions/backupdata"
	"github.com/acso/disaster-recovery/functions/backupinfra"
	"github.com/acso/disaster-recovery/functions/backuplogs"
	"github.com/acso/disaster-recovery/functions/checkreplication"
	"github.com/acso/disaster-recovery/functions/copytodr"
	"github.com/acso/disaster-recovery/functions/planverification"
	"github.com/acso/disaster-recovery/functions/snapshot"
	"github.com/acso/disaster-recovery/functions/verifychecksums"
)

// oneWriter keeps the chain of a kind's recovery points in one line: each point names the one before, and two that were made
// at once would name the same. Lambda refuses the second invocation, and its machine tries again.
const oneWriter = 1

// backup are the functions that the backup machines call. They run where the data is, and verification in both regions.
func backup() []Function {
	return []Function{
		{
			Name: "backupconfig", New: on(backupconfig.New, (*backupconfig.Handler).Handle), Grants: backupconfig.Grants, Errors: backupconfig.Errors,
			Event: backupconfig.Event, Timeout: long, MemoryMB: memory, Regions: Both, Concurrency: oneWriter,
		},
		{
			// It reads the files: the longest that Lambda allows, and memory for throughput.
			Name: "backupdata", New: on(backupdata.New, (*backupdata.Handler).Handle), Grants: backupdata.Grants, Errors: backupdata.Errors,
			Event: backupdata.Event, Timeout: longest, MemoryMB: 4 * memory, Regions: Both, Files: true, Concurrency: oneWriter,
		},
		{
			// It holds the repository in memory while it archives a commit.
			Name: "backupinfra", New: on(backupinfra.New, (*backupinfra.Handler).Handle), Grants: backupinfra.Grants, Errors: backupinfra.Errors,
			Event: backupinfra.Event, Timeout: longest, MemoryMB: 4 * memory, Regions: Both, Concurrency: oneWriter,
		},
		{
			Name: "backuplogs", New: on(backuplogs.New, (*backuplogs.Handler).Handle), Grants: backuplogs.Grants, Errors: backuplogs.Errors,
			Event: backuplogs.Event, Timeout: longest, MemoryMB: 2 * memory, Regions: Both, Concurrency: oneWriter,
		},
		{
			Name: "checkreplication", New: on(checkreplication.New, (*checkreplication.Handler).Handle), Grants: checkreplication.Grants, Errors: checkreplication.Errors,
			Event: checkreplication.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "copytodr", New: on(copytodr.New, (*copytodr.Handler).Handle), Grants: copytodr.Grants, Errors: copytodr.Errors,
			Event: copytodr.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			// It reads a manifest of up to many millions of lines once; its memory does not depend on them.
			Name: "planverification", New: on(planverification.New, (*planverification.Handler).Handle), Grants: planverification.Grants, Errors: planverification.Errors,
			Event: planverification.Event, Timeout: longest, MemoryMB: 2 * memory, Regions: Both,
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
