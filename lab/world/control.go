package world

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/eventbridge"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/sim"
)

// layControl deploys what this project is, in both regions: table, topics, alarms, functions, machines, schedules, rules.
// Where backups are not scheduled, nobody waits for them either.
func (w *World) layControl(machines Machines, scheduled bool) {
	e := w.Env
	for _, region := range w.Cloud.Regions() {
		w.DynamoDB.Create(region, e.IncidentTable(), "pk", "")
		for _, topic := range e.Topics() {
			w.SNS.Create(region, topic)
		}
		w.layFunctions(region, functions.All(), scheduled)
		for name, definition := range machines {
			w.States.Deploy(region, stepfunctions.Machine{Name: e.MachineName(name), Definition: definition})
		}
		w.layAlarms(region)
		if scheduled {
			w.layBackupAlarms(region)
		}
		w.layRules(region)
	}
}

// layFunctions deploys functions with their schedules. Without backups only those are scheduled that run every minute: they
// are part of a failover. The others look after what backups leave.
func (w *World) layFunctions(region string, all []functions.Function, scheduled bool) {
	for _, f := range all {
		name := w.Env.FunctionName(f.Name)
		w.Lambda.Deploy(region, lambda.Function{Name: name, Timeout: f.Timeout, Concurrency: f.Concurrency, New: func() platform.Handler { return f.New(w.platform(f, region)) }})
		if f.Schedule == "" || !scheduled && (f.Schedule != functions.EveryMinute || ofBackup(f)) {
			continue
		}
		arn := w.Lambda.ARN(region, name)
		w.Scheduler.Create(region, scheduler.Schedule{Name: name, Expression: f.Schedule, Input: f.Payload, TargetARN: arn, Invoke: func(payload json.RawMessage) error {
			w.Lambda.Invoke(arn, payload, func(_ json.RawMessage, err *lambda.Error) {
				if err != nil {
					w.notice("schedule", region, fmt.Sprintf("%s failed: %v", name, err))
				}
			})
			return nil
		}})
	}
}

func ofBackup(f functions.Function) bool {
	return slices.ContainsFunc(functions.OfBackup(), func(b functions.Function) bool { return b.Name == f.Name })
}

// platform is everything that a function gets from outside, in the lab.
func (w *World) platform(f functions.Function, region string) platform.Platform {
	p := cloud.Principal{Name: f.Name, Region: region, Grants: f.Grants(w.Env, region)}
	return platform.Platform{
		AWS: w.Cloud.Config(p), Environment: w.Env, Clock: clock{w.Sim, w.Cloud, region},
		HTTP: w.Hooks.transport(region, w.ECS.Transport(region)), DNS: w.DNS.Resolver(region), SQL: w.RDS.OpenerFor(p),
		Files: w.filesIn(region), Sources: w.Sources,
	}
}

// clock is virtual time as a function in a region reads it, wrong by the region's skew.
type clock struct {
	sim    *sim.Sim
	cloud  *cloud.Cloud
	region string
}

func (c clock) Now() time.Time { return c.sim.Now().Add(c.cloud.SkewOf(c.region)) }

func (c clock) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return c.sim.WithTimeout(ctx, limit)
}

// layAlarms makes the alarm that starts a failover and the one behind the failover switch.
func (w *World) layAlarms(region string) {
	w.Metrics.Create(region, w.alarm(w.Env.PrimaryAlarm(), "PrimaryUnhealthy", "notBreaching"))
	w.Metrics.Create(region, w.alarm(w.Env.SwitchAlarm(), "Switch", "missing"))
}

func (w *World) alarm(name, metric, missing string) awscloudwatch.PutMetricAlarmInput {
	return awscloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(name), Namespace: aws.String("ACSO/Failover"), MetricName: aws.String(metric),
		Dimensions: cloudwatch.Dimensions("Environment", w.Env.Name), Statistic: types.StatisticMaximum, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), DatapointsToAlarm: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: aws.String(missing),
	}
}

// layRules makes the rules: an alarm starts the failover, and an execution that ended otherwise than by its own states
// releases the lock.
func (w *World) layRules(region string) {
	e := w.Env
	w.Events.Create(region, eventbridge.Rule{
		Name:    e.PrimaryAlarm(),
		Pattern: fmt.Sprintf(`{"source":["aws.cloudwatch"],"detail-type":["CloudWatch Alarm State Change"],"detail":{"alarmName":[%q,%q],"state":{"value":["ALARM"]}}}`, e.PrimaryAlarm(), e.EndpointAlarm(e.Pair(region))),
		Targets: []eventbridge.Target{{Invoke: func(event json.RawMessage) error {
			_, err := w.States.Start(region, e.MachineName("failover"), "", event)
			return err
		}}},
	})
	w.Events.Create(region, eventbridge.Rule{
		Name: e.EscalationRule(),
		Pattern: fmt.Sprintf(`{"source":["aws.states"],"detail-type":["Step Functions Execution Status Change"],"detail":{"status":["RUNNING"],"stateMachineArn":[%q,%q]}}`,
			e.MachineARN(region, "failover"), e.MachineARN(region, "failback")),
		Targets: []eventbridge.Target{{Invoke: func(event json.RawMessage) error {
			_, err := w.States.Start(region, e.MachineName("escalation"), "", event)
			return err
		}}},
	})
	w.Events.Create(region, eventbridge.Rule{
		Name: e.RestoreTestEndedRule(),
		Pattern: fmt.Sprintf(`{"source":["aws.states"],"detail-type":["Step Functions Execution Status Change"],"detail":{"status":["FAILED","TIMED_OUT","ABORTED"],"stateMachineArn":[%q]}}`,
			e.MachineARN(region, "test-restore")),
		Targets: []eventbridge.Target{{Invoke: func(event json.RawMessage) error {
			_, err := w.States.Start(region, e.MachineName("clear-test-restore"), "", event)
			return err
		}}},
	})
	for _, procedure := range []struct{ rule, machine, function string }{
		{e.EndedRule(), "failover", "incident"},
		{e.RestoreEndedRule(), "restore-point-in-time", "restorelock"},
		{e.RebuildEndedRule(), "restore-full-system", "rebuildlock"},
		{e.FailbackEndedRule(), "failback", "failbacklock"},
	} {
		w.Events.Create(region, eventbridge.Rule{
			Name: procedure.rule,
			Pattern: fmt.Sprintf(`{"source":["aws.states"],"detail-type":["Step Functions Execution Status Change"],"detail":{"status":["FAILED","TIMED_OUT","ABORTED"],"stateMachineArn":[%q]}}`,
				e.MachineARN(region, procedure.machine)),
			Targets: []eventbridge.Target{{Invoke: func(event json.RawMessage) error {
				w.Lambda.Invoke(w.Lambda.ARN(region, e.FunctionName(procedure.function)), event, func(json.RawMessage, *lambda.Error) {})
				return nil
			}}},
		})
	}
}

// Alarm delivers the event of the alarm on the primary's health in the recovery region once more, as a duplicate or as
// the forwarded alarm of Route 53's own health check would arrive.
func (w *World) Alarm() {
	change := cloudwatch.AlarmChange{
		At: w.Sim.Now(), Region: w.Env.Regions.Recovery, Name: w.Env.PrimaryAlarm(), Old: types.StateValueOk, New: types.StateValueAlarm,
		Reason: "delivered by the lab",
	}
	w.emitAlarm(change)
}

func (w *World) emitAlarm(change cloudwatch.AlarmChange) {
	w.Events.Emit(change.Region, eventbridge.Event{Source: "aws.cloudwatch", DetailType: "CloudWatch Alarm State Change", Resources: []string{change.ARN}, Detail: change.Detail()})
}

// watch connects the services that AWS connects: alarms and executions emit events. It also tells the watchers.
func (w *World) watch() {
	w.Metrics.OnAlarm("", func(change cloudwatch.AlarmChange) {
		w.notice("alarm", change.Region, fmt.Sprintf("%s: %s to %s", change.Name, change.Old, change.New))
		w.emitAlarm(change)
	})
	w.States.OnEnd(func(x *stepfunctions.Execution) {
		delete(w.questions, x)
		w.emitStatus(x)
	})
	w.States.OnEvent(func(x *stepfunctions.Execution, e asl.Event) {
		if e.Type == "ExecutionStarted" {
			w.Sim.After(0, func() { w.emitStatus(x) })
		}
	})
	w.States.OnToken(func(x *stepfunctions.Execution, token string) {
		w.questions[x] = token
		for _, f := range w.asked {
			f(x)
		}
	})
}

// emitStatus emits the event about an execution's status: when it started, and when it ended.
func (w *World) emitStatus(x *stepfunctions.Execution) {
	w.Events.Emit(x.Region, eventbridge.Event{
		Source: "aws.states", DetailType: "Step Functions Execution Status Change", Resources: []string{x.ARN}, Detail: statusDetail(w, x),
	})
}

// statusDetail is the detail of the event about an execution's status.
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
func statusDetail(w *World, x *stepfunctions.Execution) json.RawMessage {
	detail := map[string]any{
		"executionArn": x.ARN, "stateMachineArn": w.States.ARN(x.Region, x.Machine), "name": x.Name, "status": x.Status(),
		"startDate": x.StartedAt().UnixMilli(), "stopDate": nil,
	}
	if x.Status() != asl.Running {
		detail["stopDate"] = x.StoppedAt().UnixMilli()
	}
	text, err := json.Marshal(detail)
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return text
}
