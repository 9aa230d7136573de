package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/statemachines"
)

// restore is the stack that brings data back from recovery points, and tests that it can. It is apart from the recovery stack
// since CloudFormation takes neither more than 1 MB nor more than 500 resources in one template: docs/decisions/0012. Nothing
// of the unplanned failover is in it.
type restore struct {
	*place
	foundation *foundation
	storage    *storage
	dead       awssqs.IQueue
}

// restore makes the stack of a region, beside its recovery stack, whose incident table has the lock.
func (a *app) restore(beside *recovery) *restore {
	f := beside.foundation
	r := &restore{storage: beside.storage, place: a.place(f.region, "restore", "Restores of "+a.options.Environment.Prefix()+" and their tests: functions, machines"), foundation: f}
	r.AddDependency(beside.Stack, jsii.String("restores take the lock in its incident table and tell people through its topics"))
	r.dead = r.deadLetters(f)
	for _, function := range functions.OfRestore() {
		r.deployFunction(function, f, r.storage, r.dead)
	}
	for _, machine := range statemachines.All() {
		if aboutRestores(machine) {
			r.machine(machine, f)
		}
	}
	r.releaseOnEnd()
	r.restoreTests()
	r.rebuilding()
	return r
}

// releaseOnEnd frees the lock of a restore that its own states could not.
func (r *restore) releaseOnEnd() {
	r.releaseBy(r.env.RestoreEndedRule(), "restore-point-in-time", "restorelock", r.dead)
	r.releaseBy(r.env.RebuildEndedRule(), "restore-full-system", "rebuildlock", r.dead)
}
