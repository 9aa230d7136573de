package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/statemachines"
)

// backup is the stack that takes backups, copies them away and verifies them, with the buckets that they lie in. It is the
// same in both regions, and each region's buckets are replicated to the other's.
type backup struct {
	*place
	foundation *foundation
	storage    *storage
	dead       awssqs.IQueue
}

// backup makes the stack of a region; copies is that of the recovery region, whose buckets the primary's are replicated
// to, and nil there.
func (a *app) backup(s *storage, copies *backup) *backup {
	f := s.foundation
	b := &backup{place: a.place(f.region, "backup", "Backups of "+a.options.Environment.Prefix()+": buckets, functions, machines"), foundation: f, storage: s}
	if copies != nil {
		b.AddDependency(copies.Stack, jsii.String("replication names the buckets of the recovery region"))
	}
	b.buckets()
	b.dead = b.deadLetters(f)
	for _, function := range functions.OfBackup() {
		b.deployFunction(function, f, s, b.dead)
	}
	for _, machine := range statemachines.All() {
		if aboutBackups(machine) {
			b.machine(machine, f)
		}
	}
	b.startByClock()
	b.startOnChange()
	b.alarms()
	return b
}

// startByClock starts the machines by their schedules, where the data live: the other region's are there, and disabled.
func (b *backup) startByClock() {
	for _, s := range statemachines.Schedules() {
		if _, exists := statemachines.Named(s.Machine); !exists {
			panic(fmt.Sprintf("schedule %s: there is no state machine %s, and it would fail every time", s.Name, s.Machine))
		}
		b.schedule(schedule{
			name: b.env.Prefix() + "-" + s.Name, expression: s.Expression, input: s.Input, disabled: !b.active(),
			target: b.env.MachineARN(b.region, s.Machine), action: "states:StartExecution",
		}, b.dead)
	}
}

// startOnChange starts machines by events. A copy into the recovery region's Parameter Store is a change there too and must
// not be copied back, so the rules are enabled where the data live; those that send events there are enabled elsewhere.
func (b *backup) startOnChange() {
	for _, r := range statemachines.Rules() {
		target, action, why := b.env.MachineARN(b.region, r.Machine), "states:StartExecution", "Starts "+r.Machine+" by an event"
		if r.Forward {
			target, action = fmt.Sprintf("arn:aws:events:%s:%s:event-bus/default", b.env.Pair(b.region), b.env.Account), "events:PutEvents"
			why = "Sends events to " + b.env.Pair(b.region) + " that start " + r.Machine + " there"
		}
		role := b.role(r.Name, "events.amazonaws.com", why, grant.Grant{Actions: []string{action}, Resources: []string{target}})
		var pattern map[string]any
		if err := json.Unmarshal([]byte(r.Pattern(b.env.Parameters, b.env.Prefix())), &pattern); err != nil {
			panic(fmt.Sprintf("rule %s: %v", r.Name, err)) // a constant; a test of its package reads it
		}
		b.rule(rule{
			name: b.env.Prefix() + "-" + r.Name, description: why, pattern: pattern, disabled: !r.Enabled(b.active()),
			target: &awsevents.CfnRule_TargetProperty{Id: jsii.String("machine"), Arn: jsii.String(target), RoleArn: role.RoleArn()},
		}, b.dead)
	}
}

// buckets are that of the recovery points and that of reports and evidence. Object Lock keeps every version for as long as
// the shortest retention that the bucket has, whoever asks; longer ones are set on the object by who writes it.
func (b *backup) buckets() {
	e := b.env
	points := bucket{
		id: "backups", name: e.BucketIn(b.region, e.Buckets.Backups), key: b.foundation.data, logs: *b.foundation.accessLogs.Ref(),
		lockDays: int(e.Backup.Data.Daily.Days()), lifecycle: expiry(e),
	}
	for _, group := range e.LogGroups(b.region) {
		points.exports = append(points.exports, b.arn("logs", "log-group:"+group))
	}
	reports := bucket{
		id: "compliance", name: e.BucketIn(b.region, e.Buckets.Compliance), key: b.foundation.data, logs: *b.foundation.accessLogs.Ref(),
		lockDays: int(e.Backup.Data.Monthly.Days()), lifecycle: []any{aged(e.Backup.Data.Monthly.Days()), tidying()},
	}
	points.replica, reports.replica = b.replicaOf(e.Buckets.Backups), b.replicaOf(e.Buckets.Compliance)
	b.bucket(points)
	b.bucket(reports)
}
