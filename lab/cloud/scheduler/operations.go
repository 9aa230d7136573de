package scheduler

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler/expression"
)

func (s *Service) register() {
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
	cloud.Register(s.cloud, "Scheduler.GetSchedule", cloud.Spec[scheduler.GetScheduleInput]{
		Actions: func(call *cloud.Call, in *scheduler.GetScheduleInput) []grant.Action {
			return []grant.Action{{Name: "scheduler:GetSchedule", Resource: s.ARN(call.Region, *in.Name)}}
		},
	}, s.getSchedule)
	cloud.Register(s.cloud, "Scheduler.UpdateSchedule", cloud.Spec[scheduler.UpdateScheduleInput]{
		Mutating: true,
		// The execution role is passed anew with every update.
		// https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_service-with-iam.html
		Actions: func(call *cloud.Call, in *scheduler.UpdateScheduleInput) []grant.Action {
			return []grant.Action{
				{Name: "scheduler:UpdateSchedule", Resource: s.ARN(call.Region, *in.Name)},
				{Name: "iam:PassRole", Resource: aws.ToString(in.Target.RoleArn)},
			}
		},
	}, s.updateSchedule)
	cloud.Register(s.cloud, "Scheduler.ListSchedules", cloud.Spec[scheduler.ListSchedulesInput]{
		Actions: func(*cloud.Call, *scheduler.ListSchedulesInput) []grant.Action {
			return []grant.Action{{Name: "scheduler:ListSchedules", Resource: "*"}} // a guess: it lists across groups
		},
	}, s.listSchedules)
}

func (s *Service) find(region string, group, name *string) (*schedule, error) {
	if sc := s.schedules[[2]string{region, aws.ToString(name)}]; sc != nil && (group == nil || *group == "default") {
		return sc, nil
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("Schedule %s does not exist.", aws.ToString(name)))}
}

func (sc *schedule) state() types.ScheduleState {
	if sc.Disabled {
		return types.ScheduleStateDisabled
	}
	return types.ScheduleStateEnabled
}

func (s *Service) getSchedule(call *cloud.Call, in *scheduler.GetScheduleInput) (*scheduler.GetScheduleOutput, error) {
	sc, err := s.find(call.Region, in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	zone := sc.Timezone
	if zone == "" {
		zone = "UTC"
	}
	retries, age := defaultTries, defaultAge
	if sc.MaximumRetries != nil {
		retries = *sc.MaximumRetries
	}
	if sc.MaximumAge > 0 {
		age = sc.MaximumAge
	}
	out := &scheduler.GetScheduleOutput{
		Name: aws.String(sc.Name), Arn: aws.String(s.ARN(call.Region, sc.Name)), GroupName: aws.String("default"), State: sc.state(),
		ScheduleExpression: aws.String(sc.Expression), ScheduleExpressionTimezone: aws.String(zone),
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		CreationDate:       aws.Time(sc.created), LastModificationDate: aws.Time(sc.modified),
		Target: &types.Target{
			Arn: aws.String(sc.TargetARN), RoleArn: aws.String(sc.RoleARN),
			RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(int32(age / time.Second)), MaximumRetryAttempts: aws.Int32(int32(retries))},
		},
	}
	if sc.Description != "" {
		out.Description = aws.String(sc.Description)
	}
	if sc.Input != "" {
		out.Target.Input = aws.String(sc.Input)
	}
	return out, nil
}

// updateSchedule replaces the whole schedule: what the request leaves out goes back to its default, so that an update
// without a state enables the schedule.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
func (s *Service) updateSchedule(call *cloud.Call, in *scheduler.UpdateScheduleInput) (*scheduler.UpdateScheduleOutput, error) {
	sc, err := s.find(call.Region, in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	when, err := expression.Parse(*in.ScheduleExpression, aws.ToString(in.ScheduleExpressionTimezone))
	if err != nil {
		return nil, &types.ValidationException{Message: aws.String("Invalid Schedule Expression " + *in.ScheduleExpression + ".")}
	}
	if *in.Target.Arn != sc.TargetARN {
		panic(fmt.Sprintf("lab: %s points schedule %s from %s to %s, which the lab does not model", call.Caller.Name, sc.Name, sc.TargetARN, *in.Target.Arn))
	}
	if in.FlexibleTimeWindow.Mode != types.FlexibleTimeWindowModeOff || in.StartDate != nil || in.EndDate != nil {
		panic(fmt.Sprintf("lab: %s gives schedule %s a flexible window or dates, which the lab does not model", call.Caller.Name, sc.Name))
	}
	same := sc.Expression == *in.ScheduleExpression && sc.Timezone == aws.ToString(in.ScheduleExpressionTimezone)
	enabled := sc.Disabled && in.State != types.ScheduleStateDisabled
	sc.when, sc.modified = when, s.cloud.Sim.Now()
	sc.Expression, sc.Timezone, sc.Description = *in.ScheduleExpression, aws.ToString(in.ScheduleExpressionTimezone), aws.ToString(in.Description)
	sc.Disabled = in.State == types.ScheduleStateDisabled
	sc.Input, sc.RoleARN, sc.MaximumAge, sc.MaximumRetries = aws.ToString(in.Target.Input), *in.Target.RoleArn, 0, nil
	if p := in.Target.RetryPolicy; p != nil {
		sc.MaximumAge = time.Duration(aws.ToInt32(p.MaximumEventAgeInSeconds)) * time.Second
		if p.MaximumRetryAttempts != nil {
			n := int(*p.MaximumRetryAttempts)
			sc.MaximumRetries = &n
		}
	}
	if !same || enabled {
		// "If you do not provide a StartDate for a rate-based schedule, your schedule starts invoking the target
		// immediately." That an update does so too is a guess.
		sc.start = s.cloud.Sim.Now()
	}
	s.arm(sc)
	return &scheduler.UpdateScheduleOutput{ScheduleArn: aws.String(s.ARN(call.Region, sc.Name))}, nil
}

func (s *Service) listSchedules(call *cloud.Call, in *scheduler.ListSchedulesInput) (*scheduler.ListSchedulesOutput, error) {
	var names []string
	for id, sc := range s.schedules {
		if id[0] == call.Region && strings.HasPrefix(id[1], aws.ToString(in.NamePrefix)) && (in.State == "" || in.State == sc.state()) && id[1] > aws.ToString(in.NextToken) {
			names = append(names, id[1])
		}
	}
	sort.Strings(names)
	limit := 100
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	out := &scheduler.ListSchedulesOutput{}
	if len(names) > limit {
		names = names[:limit]
		out.NextToken = aws.String(names[limit-1])
	}
	for _, name := range names {
		sc := s.schedules[[2]string{call.Region, name}]
		out.Schedules = append(out.Schedules, types.ScheduleSummary{
			Name: aws.String(name), Arn: aws.String(s.ARN(call.Region, name)), GroupName: aws.String("default"), State: sc.state(),
			CreationDate: aws.Time(sc.created), LastModificationDate: aws.Time(sc.modified), Target: &types.TargetSummary{Arn: aws.String(sc.TargetARN)},
		})
	}
	return out, nil
}
