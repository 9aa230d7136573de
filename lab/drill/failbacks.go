package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/lab/asl"
	labkms "github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/world"
)

const failbackMachine = "failback"

// failbacks: the region that was lost is well again, and takes the system back. They run in the primary region.
var failbacks = []Scenario{
	{
		Name: "failback-after-outage", Expected: Recovered, machine: failbackMachine, limit: day, everywhere: true,
		Sentence: "The region that was lost returns, is fenced and rebuilt, and takes the system back; the other one is its standby again.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.askWhenBack()
		},
		judge: func(r *run) []Invariant {
			list := r.failedBack()
			if r.outcome() == Recovered && !r.options.Random {
				list = append(list, r.readinessAgrees())
			}
			return list
		},
	},
	{
		Name: "failback-fence-owed", Expected: FailedClean, machine: failbackMachine, limit: day,
		Sentence: "The region returns and cannot be reached to be fenced: the failback is refused, and nothing is touched.",
		prepare: func(r *run) {
			r.outage()
			r.at(returned-time.Minute, func() {
				r.world.Cloud.Cut(r.env.Regions.Recovery, r.env.Regions.Primary)
				r.say("fault", r.env.Regions.Primary, "%s does not reach it", r.env.Regions.Recovery)
			})
			r.failBackAt(afterReturn)
		},
		judge: func(r *run) []Invariant {
			return append(r.failedBack(), r.causeNames("the fence of us-east-1 is owed"), r.untouched())
		},
	},
	{
		Name: "failback-region-dies-again", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "The old primary dies again while its replica is built, and returns: the failback goes on, and the other region serves meanwhile.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.when("BuildReplica", func() {
				r.after(2*time.Minute, r.killPrimary)
				r.after(22*time.Minute, r.revivePrimary)
			})
		},
		judge: (*run).failedBack,
	},
	{
		Name: "failback-active-dies", Expected: FailedDirty, machine: failbackMachine, limit: day,
		Sentence: "The region that serves dies when everything is copied back: the failback ends and starts the failover that its lock had kept away.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.when("ReturnConfiguration", func() {
				r.breaks(r.env.Regions.Recovery, "the region dies")
				r.world.Cloud.Kill(r.env.Regions.Recovery)
			})
			r.at(afterReturn+3*time.Hour, func() {})
		},
		judge: func(r *run) []Invariant {
			return append([]Invariant{
				r.oneWriter(), r.nothingDropped(), r.honestReport(), r.locksFree(), r.servedHere(),
				verdict("the failover was started", r.activeRegion() == r.env.Regions.Primary && len(r.observed.promotions) == 2, "%s is active, %s", r.activeRegion(), counted(len(r.observed.promotions), "promotion")),
			}, r.loopHolds()...)
		},
	},
	{
		Name: "failback-conflicts", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "Files and parameters were changed on both sides of the outage, a row was deleted too late to arrive, and a table is not configured: each is listed, and what the old side had is kept.",
		prepare: func(r *run) {
			r.outage()
			r.changeBothSides()
			r.deleteTooLate()
			r.failBackAt(afterReturn)
		},
		judge: func(r *run) []Invariant { return append(r.failedBack(), r.conflictsListed()...) },
	},
	{
		Name: "failback-never-catches-up", Expected: FailedDirty, machine: failbackMachine, limit: day,
		Sentence: "The new replica falls behind more and more: the failback ends before the switchover, and the other region serves on.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.when("CheckLag", func() {
				primary := r.env.Regions.Primary
				r.world.RDS.GrowLag(primary, r.env.DatabaseIn(primary), 0.9)
				r.world.RDS.FixLag(primary, r.env.DatabaseIn(primary), 10*time.Minute)
				r.say("fault", primary, "the replica falls behind")
			})
		},
		judge: func(r *run) []Invariant { return append(r.failedBack(), r.causeNames("did not catch up")) },
	},
	{
		Name: "failback-old-unreadable", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "The old database takes no connection: what was lost cannot be listed, a person says to go on, and it is kept for another try.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.oldUnreadable()
			r.operator(time.Minute, world.Answer{Approved: true})
		},
		judge: (*run).failedBack,
	},
	{
		Name: "failback-old-unreadable-refused", Expected: FailedDirty, machine: failbackMachine, limit: day,
		Sentence: "The same, and the person wants the list: the failback ends, and can be started again.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.oldUnreadable()
			r.operator(time.Minute, world.Answer{Approved: false})
		},
		judge: func(r *run) []Invariant { return append(r.failedBack(), r.causeNames("refused by")) },
	},
	{
		Name: "failback-started-again", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "The key of the replica is disabled when it is built, and enabled again: the failback ends, and started again it goes on where it stopped.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.when("BuildReplica", func() {
				r.world.KMS.SetState(r.env.Regions.Primary, r.env.DatabaseKey(r.env.Regions.Primary), labkms.Disabled)
			})
			r.at(afterReturn+2*time.Hour, func() {
				r.world.KMS.SetState(r.env.Regions.Primary, r.env.DatabaseKey(r.env.Regions.Primary), labkms.Enabled)
			})
			r.failBackAt(afterReturn + 2*time.Hour + time.Minute)
		},
		judge: (*run).failedBack,
	},
	{
		Name: "failback-aborted", Expected: FailedDirty, machine: failbackMachine, limit: day,
		Sentence: "An operator aborts while the replica is built: the failback ends there, and the other region serves on.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.when("BuildReplica", func() { r.after(3*time.Minute, r.abortFailback) })
		},
		judge: func(r *run) []Invariant { return append(r.failedBack(), r.causeNames("asked at")) },
	},
	{
		Name: "failover-failback-failover", Expected: Recovered, machine: failbackMachine, limit: day,
		Sentence: "After the way there and back the primary dies once more: the standby that the failback made takes over.",
		prepare: func(r *run) {
			r.outage()
			r.failBackAt(afterReturn)
			r.world.States.OnEnd(func(x *stepfunctions.Execution) {
				if x.Machine == r.env.MachineName(failbackMachine) && x.Status() == asl.Succeeded {
					r.after(75*time.Minute, r.killPrimary) // behind the cool-down
					r.after(2*time.Hour, func() {})
				}
			})
		},
		judge: (*run).failedOverAgain,
	},
}

const (
	day         = 24 * time.Hour
	returned    = 45 * time.Minute // the lost region is back, counted from the end of the warm-up
	afterReturn = 75 * time.Minute // and the failback is started
)

// outage kills the primary, and has it return. Each region keeps its own files from the beginning.
func (r *run) outage() {
	r.at(0, func() {
		r.remember()
		r.world.SplitFiles()
	})
	r.at(r.moment(), r.killPrimary)
	r.at(returned, r.revivePrimary)
}

// failBackAt starts a failback in the primary region d after the warm-up.
//
// In a campaign, the faults that the seed draws come once more in each region during the failback: those of the run itself
// are mostly used up by the failover before it.
func (r *run) failBackAt(d time.Duration) {
	if r.options.Random {
		for n, region := range r.world.Cloud.Regions() {
			for _, f := range draw(r.options.Seed+uint64(n)<<32, targets, region).faults { // #nosec G115 -- 0 or 1
				r.at(d+r.world.Sim.Between("failback fault", 0, 100*time.Minute), func() { r.world.Cloud.Inject(f) })
			}
		}
	}
	r.at(d, func() { r.startIn(r.env.Regions.Primary, `{"reason":"drill"}`) })
}

// askWhenBack asks the standby that a failback has made whether it could be activated.
func (r *run) askWhenBack() {
	r.world.States.OnEnd(func(x *stepfunctions.Execution) {
		if x.Machine == r.env.MachineName(failbackMachine) && x.Status() == asl.Succeeded {
			r.after(5*time.Minute, func() { r.call(r.env.Regions.Recovery, "readiness", "{}") })
		}
	})
}

// oldUnreadable has the old database refuse connections from when the failback would compare it.
func (r *run) oldUnreadable() {
	r.when("ListMissing", func() {
		primary := r.env.Regions.Primary
		r.world.RDS.ExhaustConnections(primary, r.restoring.old.ID, true)
		r.say("fault", primary, "the old database takes no connection")
	})
}

// The files and parameters of changeBothSides.
const (
	ours, theirs = "written in us-east-1 just before it died", "written in us-west-2 while it served"
	both         = "cases/00/case-0000.json"
	onlyHere     = "cases/late.json"
	parameter    = "/supervisor/log-level"
	newSecret    = "/feeds/token"
)

// changeBothSides writes two files and a parameter in the primary too late to be copied, and one of the files and the
// parameter in the recovery region while that serves; and one file and one parameter there alone.
func (r *run) changeBothSides() {
	r.at(0, func() {
		e := r.env
		r.world.EFS.Stall(r.world.EFS.Of(r.world.EFS.Find(e.Regions.Primary, e.FileSystem(e.Regions.Primary))), true)
		r.world.Files.Put(both, ours)
		r.world.Files.Put(onlyHere, ours)
		r.world.SSM.Put(e.Regions.Primary, e.Parameters+parameter, "debug", types.ParameterTypeString, "")
	})
	r.at(30*time.Minute, func() {
		e := r.env
		r.world.Away.Put(both, theirs)
		r.world.Away.Put("cases/new.json", theirs)
		r.world.SSM.Put(e.Regions.Recovery, e.Parameters+parameter, "warn", types.ParameterTypeString, "")
		r.world.SSM.Put(e.Regions.Recovery, e.Parameters+newSecret, theirs, types.ParameterTypeSecureString, e.KeyAlias())
	})
}

// unnamed is a table that the environment file does not name.
const unnamed = "public.audit_log"

// deleteTooLate deletes, in the old database, the newest row that had arrived on the other side, and gives it one more table.
func (r *run) deleteTooLate() {
	r.world.RDS.AddTable(unnamed)
	r.when("ListMissing", func() {
		primary, live := r.env.Regions.Primary, r.activeDatabase()
		for _, a := range slices.Backward(r.world.Traffic.Acks()) {
			if a.Region == primary && r.world.RDS.Holds(live, a.Receipt) {
				r.gone.row = fmt.Sprintf("%d/%d", a.Client, a.Number)
				r.world.RDS.Erase(r.restoring.old, a.Client, a.Number)
				return
			}
		}
	})
}

// abortFailback is what drctl abort does in the region of the failback.
func (r *run) abortFailback() {
	primary := r.env.Regions.Primary
	r.world.Lambda.Invoke(r.world.Lambda.ARN(primary, r.env.FunctionName("incident")), json.RawMessage(`{"action":"abort","by":"ada","reason":"drill"}`), func(json.RawMessage, *lambda.Error) {})
	r.say("service", primary, "ada aborts the failback")
}
