// Package functions is the list of every Lambda function that exists: what the stacks deploy, the lab runs and the
// state machines call by name.
//
// It holds no behaviour. A function that is not listed here does not exist, whatever folders there are; a test compares.
package functions

import (
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Regions says in which regions of the pair a function's schedule runs. Every function is deployed in both, because
// the roles of the regions change.
type Regions string

// The regions.
const (
	Recovery Regions = "recovery"
	Primary  Regions = "primary"
	Both     Regions = "both"
)

// EveryMinute is the finest schedule that EventBridge has; it fires within the minute, not at its first second.
const EveryMinute = "rate(1 minute)"

// Function is one Lambda function.
type Function struct {
	Name        string // folder, package, key and state machine placeholder
	New         func(platform.Platform) platform.Handler
	Grants      func(e *environment.Environment, region string) []grant.Grant // region is where it runs
	Errors      []failure.Kind                                                // every kind that it can fail with
	Timeout     time.Duration                                                 // of one invocation
	MemoryMB    int
	Event       []byte // an example input that works
	Regions     Regions
	Schedule    string // EventBridge schedule expression, "" for none
	Payload     string // input that the schedule gives, as JSON; "" for {}
	Files       bool   // has the application data mounted
	Writes      bool   // and may write there
	Concurrency int    // reserved concurrent executions; 0 leaves the account's pool
}

// All are all functions, in the order of their names within each group.
func All() []Function { return slices.Concat(OfRecovery(), OfRestore(), OfBackup()) }

// OfRecovery are the functions of the recovery stack.
func OfRecovery() []Function {
	return slices.Concat(
		watched(),
		failover(),
		telling(),
		failbacks(),
		ready(),
	)
}

// OfRestore are the functions of the restore stack.
func OfRestore() []Function { return slices.Concat(restores(), restoreTests(), rebuilding()) }

// OfBackup are the functions of the backup stack.
func OfBackup() []Function { return append(backup(), keeping()...) }

// Named is the function of a name.
func Named(name string) (Function, bool) {
	for _, f := range All() {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}
