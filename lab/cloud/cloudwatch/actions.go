package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// registerActions models the switching of alarms' actions. The state of an alarm whose actions are disabled changes as before,
// and so do the events about it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
func (s *Service) registerActions() {
	all := func(call *cloud.Call, action string, names []string) (actions []grant.Action) {
		if len(names) == 0 {
			names = []string{"*"} // no alarm is named, and the right is checked all the same
		}
		for _, name := range names {
			actions = append(actions, grant.Action{Name: "cloudwatch:" + action, Resource: s.arn(call.Region, name)})
		}
		return actions
	}
	cloud.Register(s.cloud, "CloudWatch.EnableAlarmActions", cloud.Spec[cloudwatch.EnableAlarmActionsInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *cloudwatch.EnableAlarmActionsInput) []grant.Action {
			return all(call, "EnableAlarmActions", in.AlarmNames)
		},
	}, func(call *cloud.Call, in *cloudwatch.EnableAlarmActionsInput) (*cloudwatch.EnableAlarmActionsOutput, error) {
		s.act(call.Region, in.AlarmNames, true)
		return &cloudwatch.EnableAlarmActionsOutput{}, nil
	})
	cloud.Register(s.cloud, "CloudWatch.DisableAlarmActions", cloud.Spec[cloudwatch.DisableAlarmActionsInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *cloudwatch.DisableAlarmActionsInput) []grant.Action {
			return all(call, "DisableAlarmActions", in.AlarmNames)
		},
	}, func(call *cloud.Call, in *cloudwatch.DisableAlarmActionsInput) (*cloudwatch.DisableAlarmActionsOutput, error) {
		s.act(call.Region, in.AlarmNames, false)
		return &cloudwatch.DisableAlarmActionsOutput{}, nil
	})
}

// act switches the alarms that exist; AWS documents no error for the others.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_EnableAlarmActions.html
func (s *Service) act(region string, names []string, enabled bool) {
	for _, name := range names {
		if a := s.alarms[[2]string{region, name}]; a != nil {
			a.definition.ActionsEnabled = aws.Bool(enabled)
		}
	}
}
