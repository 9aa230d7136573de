package eventbridge

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) register() {
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
	on := func(call *cloud.Call, action string, name *string) []grant.Action {
		return []grant.Action{{Name: "events:" + action, Resource: s.arn(call.Region, aws.ToString(name))}}
	}
	cloud.Register(s.cloud, "EventBridge.PutEvents", cloud.Spec[eventbridge.PutEventsInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, _ *eventbridge.PutEventsInput) []grant.Action {
			return []grant.Action{{Name: "events:PutEvents", Resource: s.cloud.ARN("events", call.Region, "event-bus/default")}}
		},
	}, s.putEvents)
	cloud.Register(s.cloud, "EventBridge.EnableRule", cloud.Spec[eventbridge.EnableRuleInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *eventbridge.EnableRuleInput) []grant.Action {
			return on(c, "EnableRule", in.Name)
		},
	}, func(call *cloud.Call, in *eventbridge.EnableRuleInput) (*eventbridge.EnableRuleOutput, error) {
		return &eventbridge.EnableRuleOutput{}, s.set(call.Region, *in.Name, false)
	})
	cloud.Register(s.cloud, "EventBridge.DisableRule", cloud.Spec[eventbridge.DisableRuleInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *eventbridge.DisableRuleInput) []grant.Action {
			return on(c, "DisableRule", in.Name)
		},
	}, func(call *cloud.Call, in *eventbridge.DisableRuleInput) (*eventbridge.DisableRuleOutput, error) {
		return &eventbridge.DisableRuleOutput{}, s.set(call.Region, *in.Name, true)
	})
	cloud.Register(s.cloud, "EventBridge.DescribeRule", cloud.Spec[eventbridge.DescribeRuleInput]{
		Actions: func(c *cloud.Call, in *eventbridge.DescribeRuleInput) []grant.Action {
			return on(c, "DescribeRule", in.Name)
		},
	}, s.describeRule)
}

func (s *Service) arn(region, name string) string { return s.cloud.ARN("events", region, "rule/"+name) }

func (s *Service) find(region, name string) (*rule, error) {
	if r := s.rules[[2]string{region, name}]; r != nil {
		return r, nil
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String("Rule " + name + " does not exist on EventBus default.")}
}

// set enables or disables. AWS allows "a short period of time" for the change to take effect; here it is immediate.
func (s *Service) set(region, name string, disabled bool) error {
	r, err := s.find(region, name)
	if err == nil {
		r.disabled = disabled
	}
	return err
}

func (s *Service) describeRule(call *cloud.Call, in *eventbridge.DescribeRuleInput) (*eventbridge.DescribeRuleOutput, error) {
	r, err := s.find(call.Region, *in.Name)
	if err != nil {
		return nil, err
	}
	state := types.RuleStateEnabled
	if r.disabled {
		state = types.RuleStateDisabled
	}
	return &eventbridge.DescribeRuleOutput{
		Name: aws.String(r.Name), Arn: aws.String(s.arn(call.Region, r.Name)), EventBusName: aws.String("default"), EventPattern: aws.String(r.Pattern), State: state,
	}, nil
}

// putEvents answers each entry by itself: a call that succeeds can hold entries that failed.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (s *Service) putEvents(call *cloud.Call, in *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
	size := 0
	for _, e := range in.Entries {
		size += len(aws.ToString(e.Detail)) + len(aws.ToString(e.Source)) + len(aws.ToString(e.DetailType))
	}
	if len(in.Entries) > 10 || size > 256*1024 {
		return nil, cloud.Error("ValidationException", "Total size of the entries in the request is over the limit.")
	}
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		code, message := problem(e)
		if code != "" {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &message})
			continue
		}
		event := s.complete(call.Region, Event{DetailType: *e.DetailType, Source: *e.Source, Time: aws.ToTime(e.Time), Resources: append([]string{}, e.Resources...), Detail: json.RawMessage(*e.Detail)})
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String(event.ID)})
		s.route(call.Region, event, false)
	}
	return out, nil
}

func problem(e types.PutEventsRequestEntry) (code, message string) {
	var detail map[string]any
	switch {
	case e.EventBusName != nil && *e.EventBusName != "default":
		return "ResourceNotFoundException", "Event bus " + *e.EventBusName + " does not exist."
	case aws.ToString(e.Source) == "":
		return "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."
	case strings.HasPrefix(*e.Source, "aws."):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	case aws.ToString(e.DetailType) == "":
		return "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."
	case e.Detail == nil:
		return "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."
	case json.Unmarshal([]byte(*e.Detail), &detail) != nil:
		return "MalformedDetail", "Detail is malformed."
	}
	return "", ""
}
