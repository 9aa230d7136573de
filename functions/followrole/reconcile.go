package followrole

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarmtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/incident"
)

// word is what is done to something.
func word(enable bool) string {
	if enable {
		return "enable"
	}
	return "disable"
}

// schedules have machines start in the active region.
func (h *Handler) schedules(ctx context.Context, out *Output) error {
	wanted := types.ScheduleStateDisabled
	if out.Active {
		wanted = types.ScheduleStateEnabled
	}
	pages := scheduler.NewListSchedulesPaginator(h.scheduler, &scheduler.ListSchedulesInput{GroupName: aws.String("default"), NamePrefix: aws.String(h.p.Environment.Prefix() + "-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failure.FromAWS(err, "list the schedules of %s", h.p.Region())
		}
		for _, s := range page.Schedules {
			if s.Target == nil || !following.Schedule(aws.ToString(s.Target.Arn)) || s.State == wanted {
				continue
			}
			if err := h.switchSchedule(ctx, aws.ToString(s.Name), wanted); err != nil {
				return err
			}
			out.Changed = append(out.Changed, word(out.Active)+" schedule "+aws.ToString(s.Name))
		}
	}
	return nil
}

// switchSchedule writes the schedule again with another state: "if you do not provide values, Scheduler uses their defaults".
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
func (h *Handler) switchSchedule(ctx context.Context, name string, state types.ScheduleState) error {
	now, err := h.scheduler.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String(name), GroupName: aws.String("default")})
	if err != nil {
		return failure.FromAWS(err, "read schedule %s in %s", name, h.p.Region())
	}
	_, err = h.scheduler.UpdateSchedule(ctx, &scheduler.UpdateScheduleInput{
		Name: now.Name, GroupName: now.GroupName, State: state, Target: now.Target, FlexibleTimeWindow: now.FlexibleTimeWindow,
		ScheduleExpression: now.ScheduleExpression, ScheduleExpressionTimezone: now.ScheduleExpressionTimezone, Description: now.Description,
		StartDate: now.StartDate, EndDate: now.EndDate, KmsKeyArn: now.KmsKeyArn, ActionAfterCompletion: now.ActionAfterCompletion,
	})
	return failure.FromAWS(err, "set schedule %s in %s to %s", name, h.p.Region(), state)
}

// rules have events start machines in the active region, and be sent there from the other.
func (h *Handler) rules(ctx context.Context, out *Output) error {
	for _, rule := range following.Rules(h.p.Environment) {
		now, err := h.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(rule.Name)})
		if err != nil {
			return failure.FromAWS(err, "describe rule %s in %s", rule.Name, h.p.Region())
		}
		enable := rule.Enabled(out.Active)
		if (now.State != eventtypes.RuleStateDisabled) == enable {
			continue
		}
		if enable {
			_, err = h.events.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: aws.String(rule.Name)})
		} else {
			_, err = h.events.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String(rule.Name)})
		}
		if err != nil {
			return failure.FromAWS(err, "%s rule %s in %s", word(enable), rule.Name, h.p.Region())
		}
		out.Changed = append(out.Changed, word(enable)+" rule "+rule.Name)
	}
	return nil
}

// alarms page people about the active region. An alarm that does not exist is the deployment's affair, not this function's.
func (h *Handler) alarms(ctx context.Context, role incident.Role, out *Output) error {
	readyAt, err := h.store.ReadyAt(ctx)
	if err != nil {
		return err
	}
	notReady, pages := following.NotReadyAlarm(h.p.Environment), following.NotReadyPages(role, h.p.Region(), readyAt, h.p.Clock.Now())
	names, wanted := []string{notReady}, map[string]bool{notReady: pages}
	for _, a := range following.Alarms(h.p.Environment, h.p.Region()) {
		names, wanted[a.Name] = append(names, a.Name), a.Enabled(out.Active) && (!a.Standby || pages)
	}
	found, err := h.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names}) // at most 100
	if err != nil {
		return failure.FromAWS(err, "describe the alarms on backups in %s", h.p.Region())
	}
	var on, off []string
	remind := false
	for _, a := range found.MetricAlarms {
		name := aws.ToString(a.AlarmName)
		switch enable := wanted[name]; {
		case enable == aws.ToBool(a.ActionsEnabled):
		case enable:
			on = append(on, name)
			// It looks back for an hour: a region that was just found ready, or took over, is not told what was before.
			left := !out.Active && !readyAt.After(role.ChangedAt)
			remind = remind || name == notReady && left && a.StateValue == alarmtypes.StateValueAlarm
		default:
			off = append(off, name)
		}
	}
	if remind {
		// An alarm acts when its state changes. Raised while nobody was to be told, it would never tell: CloudWatch judges anew first.
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Alarms.html
		if _, err := h.cloudwatch.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
			AlarmName: aws.String(notReady), StateValue: alarmtypes.StateValueInsufficientData, StateReason: aws.String("From now on it tells people."),
		}); err != nil {
			return failure.FromAWS(err, "have alarm %s judge anew in %s", notReady, h.p.Region())
		}
	}
	if len(on) > 0 {
		if _, err := h.cloudwatch.EnableAlarmActions(ctx, &cloudwatch.EnableAlarmActionsInput{AlarmNames: on}); err != nil {
			return failure.FromAWS(err, "enable the actions of alarms in %s", h.p.Region())
		}
	}
	if len(off) > 0 {
		if _, err := h.cloudwatch.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: off}); err != nil {
			return failure.FromAWS(err, "disable the actions of alarms in %s", h.p.Region())
		}
	}
	for _, name := range on {
		out.Changed = append(out.Changed, "enable alarm "+name)
	}
	for _, name := range off {
		out.Changed = append(out.Changed, "disable alarm "+name)
	}
	return nil
}
