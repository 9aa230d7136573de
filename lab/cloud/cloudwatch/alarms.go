package cloudwatch

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

type alarm struct {
	region, metric  string
	definition      cloudwatch.PutMetricAlarmInput
	periods, needed int
	treatment       string
	state           State
	reason          string
	since, defined  time.Time
	stop            func()
}

// AlarmChange is one change of an alarm's state.
type AlarmChange struct {
	At           time.Time
	Region, Name string
	ARN          string
	Old, New     State
	Since        time.Time // when the first data point was put that led to the new state; zero when none did
	Reason       string
}

// Detail is the detail of the event "CloudWatch Alarm State Change" (source aws.cloudwatch).
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
func (c AlarmChange) Detail() json.RawMessage {
	type state struct {
		Value     State  `json:"value"`
		Reason    string `json:"reason,omitempty"`
		Timestamp string `json:"timestamp,omitempty"`
	}
	text, err := json.Marshal(struct {
		AlarmName     string `json:"alarmName"`
		State         state  `json:"state"`
		PreviousState state  `json:"previousState"`
	}{c.Name, state{c.New, c.Reason, c.At.Format("2006-01-02T15:04:05.000+0000")}, state{Value: c.Old}})
	if err != nil {
		panic(fmt.Sprintf("lab: an alarm change does not marshal: %v", err))
	}
	return text
}

// OnAlarm has call called at every change of state of an alarm in the region, or in all regions when it is "".
func (s *Service) OnAlarm(region string, call func(AlarmChange)) {
	s.subscribers = append(s.subscribers, subscriber{region, call})
}

// State is an alarm's state and since when; ok is false when there is no such alarm.
func (s *Service) State(region, name string) (state State, since time.Time, ok bool) {
	a := s.alarms[[2]string{region, name}]
	if a == nil {
		return "", time.Time{}, false
	}
	return a.state, a.since, true
}

// Stream is the state that the alarm's data stream calls for now, which is what a Route 53 health check of type
// CLOUDWATCH_METRIC follows instead of the alarm's own state.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
func (s *Service) Stream(region, name string) (state State, ok bool) {
	a := s.alarms[[2]string{region, name}]
	if a == nil {
		return "", false
	}
	return decide(s.points(a), a.periods, a.needed, a.treatment, a.state), true
}

// Create makes or replaces an alarm, for scenarios. It panics when AWS would refuse the definition.
func (s *Service) Create(region string, definition cloudwatch.PutMetricAlarmInput) {
	if err := s.define(region, definition); err != nil {
		panic(fmt.Sprintf("lab: alarm %s in %s: %v", aws.ToString(definition.AlarmName), region, err))
	}
}

func (s *Service) define(region string, d cloudwatch.PutMetricAlarmInput) error {
	if d.MetricName == nil || d.Namespace == nil || d.Period == nil || d.Statistic == "" || d.Threshold == nil || len(d.Metrics) > 0 {
		return cloud.Error("ValidationError", "the lab knows alarms on one metric with Namespace, MetricName, Period, Statistic and Threshold")
	}
	a := &alarm{region: region, definition: copied(d), periods: int(*d.EvaluationPeriods), needed: int(*d.EvaluationPeriods), treatment: missing, state: InsufficientData, defined: s.cloud.Sim.Now(), since: s.cloud.Sim.Now(), reason: "Unchecked: Initial alarm creation"}
	if d.DatapointsToAlarm != nil {
		a.needed = int(*d.DatapointsToAlarm)
	}
	if d.TreatMissingData != nil {
		a.treatment = *d.TreatMissingData
	}
	_, known := bucket{count: 1}.statistic(string(d.Statistic))
	switch {
	case *d.Period < 60 || *d.Period%60 != 0:
		return cloud.Error("ValidationError", "Period %d is not modelled: use a multiple of 60 seconds", *d.Period)
	case a.periods < 1 || a.needed < 1 || a.needed > a.periods:
		return cloud.Error("ValidationError", "DatapointsToAlarm must be between 1 and EvaluationPeriods")
	case int(*d.Period)*a.periods > 7*24*3600 || *d.Period < 3600 && int(*d.Period)*a.periods > 24*3600:
		return cloud.Error("ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")
	case !known:
		return cloud.Error("ValidationError", "Statistic %s is unknown", d.Statistic)
	case !strings.Contains(" missing ignore breaching notBreaching ", " "+a.treatment+" "):
		return cloud.Error("ValidationError", "Option %s is not valid for TreatMissingData", a.treatment)
	}
	a.metric = key(region, *d.Namespace, *d.MetricName, d.Dimensions)
	id := [2]string{region, aws.ToString(d.AlarmName)}
	first := s.cloud.Sim.Between("cloudwatch.phase", 0, time.Minute-time.Millisecond)
	if old := s.alarms[id]; old != nil {
		// An update keeps the state until the next evaluation.
		old.stop()
		a.state, a.since, a.reason = old.state, old.since, old.reason
	}
	a.stop = s.cloud.Sim.Every(first, time.Minute, func() { s.tick(a) })
	s.alarms[id] = a
	return nil
}

func copied(d cloudwatch.PutMetricAlarmInput) cloudwatch.PutMetricAlarmInput {
	d.AlarmActions = append([]string(nil), d.AlarmActions...)
	d.OKActions = append([]string(nil), d.OKActions...)
	d.InsufficientDataActions = append([]string(nil), d.InsufficientDataActions...)
	d.Dimensions = append([]types.Dimension(nil), d.Dimensions...)
	return d
}

// change moves an alarm to a state, runs its actions and tells the subscribers.
func (s *Service) change(a *alarm, state State, reason string) {
	if state == a.state {
		return
	}
	c := AlarmChange{At: s.cloud.Sim.Now(), Region: a.region, Name: *a.definition.AlarmName, ARN: s.arn(a.region, *a.definition.AlarmName), Old: a.state, New: state, Since: s.led(a, state), Reason: reason}
	a.state, a.since, a.reason = state, c.At, reason
	actions := map[State][]string{OK: a.definition.OKActions, Alarm: a.definition.AlarmActions, InsufficientData: a.definition.InsufficientDataActions}[state]
	if a.definition.ActionsEnabled == nil || *a.definition.ActionsEnabled {
		for _, action := range actions {
			if strings.HasPrefix(action, "arn:aws:sns:") {
				subject := fmt.Sprintf("%s: %q in %s", state, c.Name, a.region)
				s.topics.Send("alarm "+c.Name, action, subject[:min(len(subject), 100)], string(c.Detail())) // a topic that refuses loses the message, as in AWS
			}
		}
	}
	for _, sub := range s.subscribers {
		if sub.region == "" || sub.region == a.region {
			sub.call(c)
		}
	}
}

func (s *Service) arn(region, name string) string {
	return s.cloud.ARN("cloudwatch", region, "alarm:"+name)
}

func (s *Service) registerAlarms() {
	s.registerActions()
	one := func(call *cloud.Call, action string, name *string) []grant.Action {
		return []grant.Action{{Name: "cloudwatch:" + action, Resource: s.arn(call.Region, aws.ToString(name))}}
	}
	cloud.Register(s.cloud, "CloudWatch.PutMetricAlarm", cloud.Spec[cloudwatch.PutMetricAlarmInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *cloudwatch.PutMetricAlarmInput) []grant.Action {
			return one(call, "PutMetricAlarm", in.AlarmName)
		},
	}, func(call *cloud.Call, in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
		return &cloudwatch.PutMetricAlarmOutput{}, s.define(call.Region, *in)
	})
	cloud.Register(s.cloud, "CloudWatch.SetAlarmState", cloud.Spec[cloudwatch.SetAlarmStateInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *cloudwatch.SetAlarmStateInput) []grant.Action {
			return one(call, "SetAlarmState", in.AlarmName)
		},
	}, func(call *cloud.Call, in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
		a := s.alarms[[2]string{call.Region, *in.AlarmName}]
		if a == nil {
			return nil, &types.ResourceNotFound{Message: aws.String("Alarm not found: " + *in.AlarmName)}
		}
		s.change(a, in.StateValue, aws.ToString(in.StateReason)) // until the next evaluation
		return &cloudwatch.SetAlarmStateOutput{}, nil
	})
	cloud.Register(s.cloud, "CloudWatch.DescribeAlarms", cloud.Spec[cloudwatch.DescribeAlarmsInput]{
		// Checked on all alarms, whichever are named. That single names are not enough is a guess, on the safe side.
		Actions: func(call *cloud.Call, _ *cloudwatch.DescribeAlarmsInput) []grant.Action {
			return one(call, "DescribeAlarms", aws.String("*"))
		},
	}, s.describeAlarms)
}

func (s *Service) describeAlarms(call *cloud.Call, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	wanted := map[string]bool{}
	for _, name := range in.AlarmNames {
		wanted[name] = true
	}
	var names []string
	for id, a := range s.alarms {
		named := len(wanted) == 0 || wanted[id[1]]
		if id[0] == call.Region && named && strings.HasPrefix(id[1], aws.ToString(in.AlarmNamePrefix)) && id[1] > aws.ToString(in.NextToken) &&
			(in.StateValue == "" || in.StateValue == a.state) {
			names = append(names, id[1])
		}
	}
	sort.Strings(names)
	out, limit := &cloudwatch.DescribeAlarmsOutput{}, 50
	if in.MaxRecords != nil {
		limit = int(*in.MaxRecords)
	}
	if len(names) > limit {
		names = names[:limit]
		out.NextToken = aws.String(names[limit-1])
	}
	for _, name := range names {
		out.MetricAlarms = append(out.MetricAlarms, s.describe(s.alarms[[2]string{call.Region, name}]))
	}
	return out, nil // names that do not exist are left out without an error
}

func (s *Service) describe(a *alarm) types.MetricAlarm {
	d := copied(a.definition)
	enabled := d.ActionsEnabled == nil || *d.ActionsEnabled
	return types.MetricAlarm{
		AlarmName: d.AlarmName, AlarmArn: aws.String(s.arn(a.region, *d.AlarmName)), AlarmDescription: d.AlarmDescription,
		ActionsEnabled: &enabled, AlarmActions: d.AlarmActions, OKActions: d.OKActions, InsufficientDataActions: d.InsufficientDataActions,
		Namespace: d.Namespace, MetricName: d.MetricName, Dimensions: d.Dimensions, Statistic: d.Statistic, Period: d.Period,
		EvaluationPeriods: d.EvaluationPeriods, DatapointsToAlarm: d.DatapointsToAlarm, Threshold: d.Threshold,
		ComparisonOperator: d.ComparisonOperator, TreatMissingData: d.TreatMissingData, StateValue: a.state, StateReason: aws.String(a.reason),
		StateUpdatedTimestamp: aws.Time(a.since), StateTransitionedTimestamp: aws.Time(a.since), AlarmConfigurationUpdatedTimestamp: aws.Time(a.defined),
	}
}
