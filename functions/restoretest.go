package functions

import (
	"github.com/acso/disaster-recovery/functions/cleartest"
	"github.com/acso/disaster-recovery/functions/recordtest"
	"github.com/acso/disaster-recovery/functions/testrestore"
)

// restoreTests are the functions of a restore as a test: one makes and checks, another destroys, a third records. None of
// them could do the work of another.
func restoreTests() []Function {
	return []Function{
		{
			Name: "cleartest", New: on(cleartest.New, (*cleartest.Handler).Handle), Grants: cleartest.Grants, Errors: cleartest.Errors,
			Event: cleartest.Event, Timeout: long, MemoryMB: memory, Regions: Both,
		},
		{
			Name: "recordtest", New: on(recordtest.New, (*recordtest.Handler).Handle), Grants: recordtest.Grants, Errors: recordtest.Errors,
			Event: recordtest.Event, Timeout: brief, MemoryMB: memory, Regions: Both,
		},
		{
			// It copies and reads every byte: the longest that Lambda allows, and memory for throughput.
			Name: "testrestore", New: on(testrestore.New, (*testrestore.Handler).Handle), Grants: testrestore.Grants, Errors: testrestore.Errors,
			Event: testrestore.Event, Timeout: longest, MemoryMB: 2 * memory, Regions: Both,
		},
	}
}
