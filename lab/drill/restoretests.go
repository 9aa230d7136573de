package drill

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/restoretest"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

const (
	testMachine  = "test-restore"
	clearMachine = "clear-test-restore"
	testLimit    = 30 * time.Hour // the daily backup, the test, and two hours of patience with RDS
)

// restoreTests: recovery points are restored into throwaway resources, and production must not notice.
var restoreTests = []Scenario{
	{
		Name: "test-restore", Expected: Recovered, machine: testMachine, limit: testLimit,
		Sentence: "The newest verified point of each kind is restored into throwaway resources, checked, and destroyed again.",
		prepare:  func(r *run) { r.afterBackups(func() { r.test("{}") }) },
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.testedEverything(), r.recorded(true), r.inOwnNetwork(), r.teamTold("Restore test passed"))
		},
	},
	{
		Name: "test-restore-of-copies", Expected: Recovered, machine: testMachine, limit: testLimit,
		Sentence: "The same in us-west-2, of the copies: its database is a replica and has no moments, so its copied snapshot is restored.",
		prepare:  func(r *run) { r.afterBackups(func() { r.testIn(r.env.Regions.Recovery, "{}") }) },
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.inOwnNetwork(), r.teamToldIn(r.env.Regions.Recovery, "Restore test passed"))
		},
	},
	{
		Name: "test-restore-aimed-at-production", Expected: FailedClean, machine: testMachine, limit: testLimit,
		Sentence: "Somebody aims the functions of a test at production, by every name that they take, and then the machine: all of it is refused.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.aim()
				r.after(time.Minute, func() { r.test(fmt.Sprintf(`{"snapshot":%q,"instance":%q}`, "latest", r.env.Database.Identifier)) })
			})
		},
		judge: func(r *run) []Invariant { return append(r.leftNothing(), r.everyAimRefused(), r.madeNothing()) },
	},
	stolenRights,
	{
		Name: "test-restore-foreign-point", Expected: FailedClean, machine: testMachine, limit: testLimit,
		Sentence: "A snapshot of another environment in the same account is asked for: refused before anything is made.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				primary := r.env.Regions.Primary
				const foreign = "acso-test-db-20260114-020000-01234567"
				r.world.RDS.PutSnapshot(primary, foreign, r.env.DatabaseIn(primary), r.world.Sim.Now())
				r.test(fmt.Sprintf(`{"snapshot":%q}`, foreign))
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.madeNothing(), r.causeNames("no backup of acso-"+r.env.Name))
		},
	},
	{
		Name: "test-restore-tag-missing", Expected: FailedClean, machine: testMachine, limit: testLimit,
		Sentence: "A database without the test's tag carries the name that the test would give: it is neither used nor deleted, and the test fails.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.when("PlanTest", func() {
					primary := r.env.Regions.Primary
					id := restoretest.Instance(r.env, r.judged()[0].ARN, restoretest.Snapshot)
					r.world.RDS.Create(primary, rds.Setup{
						ID: id, Class: r.env.Database.InstanceClass, Database: r.env.Database.Name, Key: r.env.DatabaseKey(primary), ACL: r.env.DatabaseACL(primary), Retention: 0, Window: r.env.Database.BackupWindow,
					})
					r.say("fault", primary, "somebody makes database %s", id)
					r.restoring.before = r.standing() // it has to be there at the end
				})
				r.test("{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.causeNames("without the tag acso:restoretest"), r.recorded(false))
		},
	},
	{
		Name: "test-restore-never-available", Expected: FailedClean, machine: testMachine, limit: testLimit,
		Sentence: "The restored databases end as incompatible-restore: the test fails, the other parts are tested all the same, and all is destroyed.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.world.RDS.EndRestores("incompatible-restore")
				r.test("{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.recorded(false), r.causeNames("incompatible-restore"), r.teamTold("Restore test failed"))
		},
	},
	{
		Name: "test-restore-stuck", Expected: FailedDirty, machine: testMachine, limit: testLimit,
		Sentence: "A database is being made for ever, and RDS deletes nothing that it is making: what is left is named, with what to do.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.world.RDS.EndRestores("creating")
				r.test("{}")
				r.after(8*time.Hour, func() {}) // the rule has the clearing tried once more, which ends no better
			})
		},
		judge: func(r *run) []Invariant {
			return []Invariant{r.productionStands(), r.causeNames("aws rds delete-db-instance"), r.recorded(false)}
		},
	},
	{
		Name: "test-restore-corrupt-object", Expected: FailedClean, machine: testMachine, limit: testLimit,
		Sentence: "An object of the newest verified point is damaged behind S3's back: the test finds it, and names it.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				r.damage.Corrupted = r.corruptNewest("application-data")
				r.test("{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.leftNothing(), r.causeNames(r.damage.Corrupted), r.recorded(false))
		},
	},
	{
		Name: "test-restore-aborted", Expected: Recovered, machine: clearMachine, limit: testLimit,
		Sentence: "Somebody aborts a test while its databases are made: what it left is destroyed without it, and the proof is the same.",
		prepare: func(r *run) {
			r.afterBackups(func() {
				primary := r.env.Regions.Primary
				r.restoring.before = r.standing()
				x, err := r.world.States.Start(primary, r.env.MachineName(testMachine), "", json.RawMessage("{}"))
				if err != nil {
					panic(fmt.Sprintf("lab: start %s: %v", testMachine, err))
				}
				r.after(5*time.Minute, func() {
					r.say("fault", primary, "the test is aborted; %d throwaway databases are there", r.throwaways())
					x.Stop("Aborted", "by hand")
				})
			})
		},
		judge: func(r *run) []Invariant { return r.leftNothing() },
	},
}

// afterBackups does something once every kind has a verified point in both regions.
func (r *run) afterBackups(then func()) {
	r.watchPlaces()
	r.at(0, func() {
		primary := r.env.Regions.Primary
		x, err := r.world.States.Start(primary, r.env.MachineName("backup-daily"), "", json.RawMessage("{}"))
		if err != nil {
			panic(fmt.Sprintf("lab: start backup-daily: %v", err))
		}
		r.expecting++
		r.world.States.OnEnd(func(ended *stepfunctions.Execution) {
			if ended == x {
				r.say("service", primary, "the daily backup ends")
				r.after(replicated, func() { r.expecting--; then() })
			}
		})
	})
}

// replicated is when S3 has copied what was stored: "most objects within 15 minutes":
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
const replicated = 20 * time.Minute

func (r *run) test(input string) { r.testIn(r.env.Regions.Primary, input) }

func (r *run) testIn(region, input string) {
	if r.restoring.before == nil {
		r.restoring.before = r.standing()
	}
	r.startIn(region, input)
}

// aim calls the functions of a test as somebody would who wants them to touch production.
func (r *run) aim() {
	region := r.env.Regions.Primary
	own := r.world.Cloud.ARN("states", region, "execution:"+r.env.MachineName(testMachine)+":weekly")
	foreign := r.world.Cloud.ARN("states", region, "execution:"+r.env.MachineName("failover")+":weekly")
	live := r.env.DatabaseIn(region)
	for _, call := range []struct{ function, input string }{
		{"testrestore", fmt.Sprintf(`{"action":"database","execution":%q,"database":{"from":"moment","instance":%q}}`, own, live)},
		{"testrestore", fmt.Sprintf(`{"action":"query","execution":%q,"database":{"from":"moment","instance":%q}}`, own, live)},
		{"testrestore", fmt.Sprintf(`{"action":"database","execution":%q,"database":{"from":"snapshot","instance":"acso-restoretest-test-000000000000-snapshot","snapshot":"x"}}`, own)},
		{"testrestore", fmt.Sprintf(`{"action":"plan","execution":%q}`, foreign)},
		{"testrestore", fmt.Sprintf(`{"action":"objects","execution":%q,"point":{"kind":"configuration","manifest":"2026/01/15/configuration/parameters.json"}}`, own)},
		{"cleartest", fmt.Sprintf(`{"action":"clear","execution":%q}`, foreign)},
		{"cleartest", fmt.Sprintf(`{"action":"clear","execution":%q}`, live)},
		{"recordtest", fmt.Sprintf(`{"execution":%q,"started":"2026-01-15T00:00:00Z","cleared":true,"parts":[]}`, foreign)},
	} {
		r.expecting++
		r.world.Lambda.Invoke(r.world.Lambda.ARN(region, r.env.FunctionName(call.function)), json.RawMessage(call.input), func(answer json.RawMessage, err *lambda.Error) {
			r.expecting--
			if err == nil {
				r.answers = append(r.answers, call.function+" took "+call.input+": "+string(answer))
				return
			}
			r.say("service", region, "%s refuses: %s", call.function, err.Message)
			r.answers = append(r.answers, refusedAnswer)
		})
	}
}

// refusedAnswer stands for an answer that was a refusal.
const refusedAnswer = "refused"
