package readiness

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/judging"
)

func scheduleRules() []rule {
	return []rule{
		{
			name: "schedules-of-functions", look: (*run).functionSchedules,
			why:    "Probe, heartbeat and the watchers run by the clock in both regions, and find out by themselves which role theirs has.",
			next:   "enable the schedule here (aws scheduler update-schedule), or deploy this region's stacks",
			forced: "what the function does is not done after the failover: nobody beats, probes or watches",
		},
		{
			name: "schedules-by-role", at: active, look: (*run).machineSchedules,
			why:    "Backups start by the clock where the data are written, and only there; every schedule has to be there in both regions to follow the role.",
			next:   "enable the schedules of the active region and disable those of the other one, or deploy the missing ones",
			forced: "backups do not go on here after the failover, and the RPO clock of recovery points runs on",
		},
		{
			name: "rules-by-role", at: active, look: (*run).rulesByRole,
			why:    "A change of the configuration starts its backup in the active region alone: the copy here is a change too, and must not be copied back.",
			next:   "enable the rule in the active region and disable it in the other one, or deploy the missing one",
			forced: "changes of the configuration are not backed up after the failover, or overwrite each other",
		},
		{
			name: "alarms-by-role", at: active, look: (*run).alarmsByRole,
			why:    "People are paged about the region that is active, and not about the other one; every alarm has to be there in both to follow the role.",
			next:   "look at the function followrole in the region that is named: it switches the alarms every minute; deploy a missing one",
			forced: incident.NotHindered + "afterwards nobody is paged when backups fail, or people are paged for nothing",
		},
	}
}

func (r *run) scheduled(ctx context.Context, client *scheduler.Client, region string) ([]schedulertypes.ScheduleSummary, error) {
	var found []schedulertypes.ScheduleSummary
	pages := scheduler.NewListSchedulesPaginator(client, &scheduler.ListSchedulesInput{NamePrefix: aws.String(r.e.Prefix() + "-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure.FromAWS(err, "list the schedules of %s", region)
		}
		found = append(found, page.Schedules...)
	}
	return found, nil
}

func (r *run) mySchedules(ctx context.Context) ([]schedulertypes.ScheduleSummary, error) {
	return r.nearList.Get(func() ([]schedulertypes.ScheduleSummary, error) { return r.scheduled(ctx, r.near.scheduler, r.here) })
}

func target(s schedulertypes.ScheduleSummary) string {
	if s.Target == nil {
		return ""
	}
	return aws.ToString(s.Target.Arn)
}

func startsMachine(s schedulertypes.ScheduleSummary) bool {
	return strings.Contains(target(s), ":stateMachine:")
}

// Scheduled are the functions whose schedule has to be in both regions. A test holds them to the registry.
var Scheduled = [...]string{"followrole", "heartbeat", "keepverified", "probe", "prunesnapshots", "readiness", "watchbackups"}

func (r *run) functionSchedules(ctx context.Context) judging.Finding {
	list, err := r.mySchedules(ctx)
	if err != nil {
		return judging.Of(err)
	}
	known := map[string]bool{}
	var wrong []string
	for _, s := range list {
		name := aws.ToString(s.Name)
		if known[name] = true; !startsMachine(s) && s.State != schedulertypes.ScheduleStateEnabled {
			wrong = append(wrong, fmt.Sprintf("%s is %s", name, s.State))
		}
	}
	for _, name := range Scheduled {
		if schedule := r.e.FunctionName(name); !known[schedule] {
			wrong = append(wrong, schedule+" is missing")
		}
	}
	return judging.All(wrong, "every schedule of a function is enabled")
}

func (r *run) machineSchedules(ctx context.Context) judging.Finding {
	here, err := r.mySchedules(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var there []schedulertypes.ScheduleSummary
	if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
		there, err = r.scheduled(ctx, r.far.scheduler, r.other)
		return err
	}); err != nil {
		return judging.Of(err)
	}
	mine, yours := map[string]bool{}, map[string]bool{}
	var wrong []string
	for _, s := range there {
		if name := aws.ToString(s.Name); startsMachine(s) {
			yours[name] = true
			if s.State != schedulertypes.ScheduleStateEnabled {
				wrong = append(wrong, fmt.Sprintf("%s is %s in %s, which is active", name, s.State, r.other))
			}
		}
	}
	for _, s := range here {
		name := aws.ToString(s.Name)
		if !startsMachine(s) {
			continue
		}
		mine[name] = true
		if s.State != schedulertypes.ScheduleStateDisabled {
			wrong = append(wrong, fmt.Sprintf("%s is %s in %s, which is the standby", name, s.State, r.here))
		}
		if !yours[name] {
			wrong = append(wrong, fmt.Sprintf("%s is missing in %s", name, r.other))
		}
	}
	for name := range yours {
		if !mine[name] {
			wrong = append(wrong, fmt.Sprintf("%s is missing in %s", name, r.here))
		}
	}
	if len(yours) == 0 {
		return judging.Fails("no machine is scheduled in %s", r.other)
	}
	return judging.All(wrong, "%d are enabled in %s and disabled here", len(yours), r.other)
}

func (r *run) rulesByRole(ctx context.Context) judging.Finding {
	var wrong []string
	items := following.Rules(r.e)
	for _, item := range items {
		here, err := r.near.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(item.Name)})
		if err != nil {
			return judging.Of(failure.FromAWS(err, "describe the rule %s in %s", item.Name, r.here))
		}
		var there *eventbridge.DescribeRuleOutput
		if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
			there, err = r.far.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(item.Name)})
			return failure.FromAWS(err, "describe the rule %s in %s", item.Name, r.other)
		}); err != nil {
			return judging.Of(err)
		}
		if (there.State == ebtypes.RuleStateEnabled) != item.Enabled(true) {
			wrong = append(wrong, fmt.Sprintf("%s is %s in %s, which is active", item.Name, there.State, r.other))
		}
		if (here.State == ebtypes.RuleStateEnabled) != item.Enabled(false) {
			wrong = append(wrong, fmt.Sprintf("%s is %s in %s, which is the standby", item.Name, here.State, r.here))
		}
	}
	return judging.All(wrong, "%d are as the roles of both regions want them", len(items))
}

// alarmsByRole compares what pages people with the roles: the alarms on backups and on the replica's lag.
func (r *run) alarmsByRole(ctx context.Context) judging.Finding {
	readyAt, err := r.store.ReadyAt(ctx)
	if err != nil {
		return judging.Of(err)
	}
	rebuilt := following.NotReadyPages(r.role, r.here, readyAt, r.p.Clock.Now())
	wrong, err := r.alarmsOf(ctx, r.near.cloudwatch, r.here, false, rebuilt)
	if err != nil {
		return judging.Of(err)
	}
	if err := r.there.ask(ctx, func(ctx context.Context) error {
		more, err := r.alarmsOf(ctx, r.far.cloudwatch, r.other, true, rebuilt)
		wrong = append(wrong, more...)
		return err
	}); err != nil {
		return judging.Of(err)
	}
	return judging.All(wrong, "those of %s page, and those of the standby are silent", r.other)
}

// alarmsOf names the alarms of a region that are not as its role wants them. Those that watch a standby may be
// silent until it was rebuilt.
func (r *run) alarmsOf(ctx context.Context, client *cloudwatch.Client, region string, active, rebuilt bool) (wrong []string, err error) {
	items := following.Alarms(r.e, region)
	in := &cloudwatch.DescribeAlarmsInput{}
	for _, item := range items {
		in.AlarmNames = append(in.AlarmNames, item.Name) // at most 100
	}
	out, err := client.DescribeAlarms(ctx, in)
	if err != nil {
		return nil, failure.FromAWS(err, "describe the alarms on backups in %s", region)
	}
	pages := map[string]bool{}
	for _, a := range out.MetricAlarms {
		pages[aws.ToString(a.AlarmName)] = aws.ToBool(a.ActionsEnabled)
	}
	for _, item := range items {
		switch on, found := pages[item.Name]; {
		case !found:
			wrong = append(wrong, fmt.Sprintf("%s is missing in %s", item.Name, region))
		case item.Standby && !active && !rebuilt: // silent until this very verdict was once that it is ready
		case on && !item.Enabled(active):
			wrong = append(wrong, fmt.Sprintf("%s pages in %s, which has the other role", item.Name, region))
		case !on && item.Enabled(active):
			wrong = append(wrong, fmt.Sprintf("%s is silent in %s", item.Name, region))
		}
	}
	return wrong, nil
}
