package eventbridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/eventbridge"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

var ctx = context.Background()

type lab struct {
	*cloud.Cloud
	bus    *eventbridge.Service
	client *sdk.Client
}

func world() lab {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	return lab{c, eventbridge.New(c), sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))}
}

func (l lab) pass(d time.Duration) { l.Sim.Run(l.Sim.Now().Add(d), nil) }

func collect(into *[]string) func(json.RawMessage) error {
	return func(p json.RawMessage) error {
		*into = append(*into, string(p))
		return nil
	}
}

const alarm = `{"source":["aws.cloudwatch"],"detail":{"state":{"value":["ALARM"]}}}`

func alarmEvent(state string) eventbridge.Event {
	return eventbridge.Event{Source: "aws.cloudwatch", DetailType: "CloudWatch Alarm State Change", Resources: []string{"arn"}, Detail: json.RawMessage(`{"alarmName":"a","state":{"value":"` + state + `"}}`)}
}

func TestPatterns(t *testing.T) {
	const event = `{"name":"acso-production-db","count":7,"ok":true,"list":["x","y"],"nothing":null,"deep":[{"a":1},{"a":2}],"empty":""}`
	for pattern, want := range map[string]bool{
		`{"name":["other","acso-production-db"]}`:                true,
		`{"name":["other"]}`:                                     false,
		`{"name":[{"prefix":"acso-"}]}`:                          true,
		`{"name":[{"suffix":"-db"}]}`:                            true,
		`{"name":[{"wildcard":"acso-*-db"}]}`:                    true,
		`{"name":[{"wildcard":"acso-*-x"}]}`:                     false,
		`{"name":[{"anything-but":"acso-production-db"}]}`:       false,
		`{"name":[{"anything-but":["a","b"]}]}`:                  true,
		`{"name":[{"anything-but":{"prefix":"acso"}}]}`:          false,
		`{"name":[{"equals-ignore-case":"ACSO-production-DB"}]}`: true,
		`{"absent":[{"anything-but":"a"}]}`:                      false,
		`{"absent":[{"exists":false}]}`:                          true,
		`{"name":[{"exists":false}]}`:                            false,
		`{"name":[{"exists":true}],"count":[7]}`:                 true,
		`{"count":[{"numeric":[">",0,"<=",7]}]}`:                 true,
		`{"count":[{"numeric":[">",7]}]}`:                        false,
		`{"ok":[true]}`:                                          true,
		`{"list":["y"]}`:                                         true,
		`{"nothing":[null]}`:                                     true,
		`{"deep":{"a":[2]}}`:                                     true,
		`{"empty":[""]}`:                                         true,
		`{"gone":{"inner":[{"exists":false}]}}`:                  true,
	} {
		l := world()
		var got []string
		l.bus.Create(west, eventbridge.Rule{Name: "r", Pattern: `{"detail":` + pattern + `}`, Targets: []eventbridge.Target{{Invoke: collect(&got)}}})
		l.bus.Emit(west, eventbridge.Event{Source: "test", Detail: json.RawMessage(event)})
		l.pass(time.Minute)
		if (len(got) == 1) != want {
			t.Errorf("%s: matched %v, want %v", pattern, len(got) == 1, want)
		}
	}
}

func TestPatternsThatAWSRefuses(t *testing.T) {
	for _, pattern := range []string{`{}`, `[]`, `{"a":"b"}`, `{"a":[]}`, `{"a":[{"like":"x"}]}`, `{"a":[{"prefix":1}]}`, `{"a":[{"numeric":["~",1]}]}`, `{"a":[{"prefix":"a","suffix":"b"}]}`, `{"a":[{"wildcard":"a**"}]}`} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was accepted", pattern)
				}
			}()
			world().bus.Create(west, eventbridge.Rule{Name: "r", Pattern: pattern})
		}()
	}
}

func TestEnvelopeAndInputs(t *testing.T) {
	l := world()
	var whole, constant, transformed []string
	l.bus.Create(west, eventbridge.Rule{Name: "r", Pattern: alarm, Targets: []eventbridge.Target{
		{Invoke: collect(&whole)},
		{Invoke: collect(&constant), Input: json.RawMessage(`{"fixed":1}`)},
		{Invoke: collect(&transformed), Transform: &eventbridge.Transform{Paths: map[string]string{"alarm": "$.detail.alarmName", "state": "$.detail.state"}, Template: `{"a":"<alarm>","s":<state>,"t":"alarm <alarm> rang","w":<aws.events.event.json>}`}},
	}})
	l.bus.Emit(west, alarmEvent("ALARM"))
	l.bus.Emit(west, alarmEvent("OK"))
	l.pass(time.Minute)
	want := `{"version":"0","id":"22222222-0000-4000-8000-000000000001","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","account":"123456789012","time":"2026-03-03T09:00:00Z","region":"us-west-2","resources":["arn"],"detail":{"alarmName":"a","state":{"value":"ALARM"}}}`
	if len(whole) != 1 || whole[0] != want {
		t.Errorf("got %s, want %s", whole, want)
	}
	if len(constant) != 1 || constant[0] != `{"fixed":1}` {
		t.Errorf("constant input %s", constant)
	}
	if len(transformed) != 1 || !strings.HasPrefix(transformed[0], `{"a":"a","s":{"value":"ALARM"},"t":"alarm a rang","w":{"version":"0"`) || !json.Valid([]byte(transformed[0])) {
		t.Errorf("transformed input %s", transformed)
	}
}

func TestForwardedEventWaitsForTheOtherRegion(t *testing.T) {
	l := world()
	var got []string
	l.bus.Create(east, eventbridge.Rule{Name: "forward", Pattern: alarm, Targets: []eventbridge.Target{{Bus: west}}})
	l.bus.Create(west, eventbridge.Rule{Name: "start", Pattern: alarm, Targets: []eventbridge.Target{{Invoke: collect(&got)}}})
	l.Cut(east, west)
	l.bus.Emit(east, alarmEvent("ALARM"))
	l.pass(10 * time.Minute)
	if len(got) != 0 {
		t.Fatalf("delivered across a cut: %s", got)
	}
	l.Heal(east, west)
	l.pass(10 * time.Minute)
	if len(got) != 1 || !strings.Contains(got[0], `"region":"us-east-1"`) {
		t.Errorf("got %s, want the event with its own region", got)
	}
	l.Cut(east, west)
	l.bus.Emit(east, alarmEvent("ALARM"))
	l.pass(25 * time.Hour)
	l.Heal(east, west)
	l.pass(time.Hour)
	if len(got) != 1 {
		t.Errorf("an event older than 24 h was delivered")
	}
}

func TestFailedTargetIsRetriedDuplicatesAndDelays(t *testing.T) {
	l := world()
	calls := 0
	l.bus.Create(west, eventbridge.Rule{Name: "r", Pattern: alarm, Targets: []eventbridge.Target{{Invoke: func(json.RawMessage) error {
		if calls++; calls < 3 {
			return errors.New("throttled")
		}
		return nil
	}}}})
	l.bus.Emit(west, alarmEvent("ALARM"))
	l.pass(time.Hour)
	if calls != 3 {
		t.Errorf("%d calls, want 3: two failures and a success", calls)
	}
	l.bus.Duplicate(west, "r", 4)
	l.bus.Delay(west, "r", time.Hour)
	l.bus.Emit(west, alarmEvent("ALARM"))
	l.pass(30 * time.Minute)
	if calls != 3 {
		t.Error("a delayed event came at once")
	}
	l.pass(time.Hour)
	if calls != 8 {
		t.Errorf("%d calls, want 5 more", calls)
	}
}

func TestRulesAndEventsThroughTheSDK(t *testing.T) {
	l := world()
	var got []string
	l.bus.Create(west, eventbridge.Rule{Name: "r", Pattern: `{"source":["acso"]}`, Targets: []eventbridge.Target{{Invoke: collect(&got)}}})
	entry := func(source, detail string) types.PutEventsRequestEntry {
		return types.PutEventsRequestEntry{Source: &source, DetailType: aws.String("d"), Detail: &detail}
	}
	put := func(entries ...types.PutEventsRequestEntry) *sdk.PutEventsOutput {
		out, err := l.client.PutEvents(ctx, &sdk.PutEventsInput{Entries: entries})
		if err != nil {
			t.Fatal(err)
		}
		l.pass(time.Minute)
		return out
	}
	out := put(entry("acso", `{}`), entry("aws.rds", `{}`), entry("acso", `[`))
	if out.FailedEntryCount != 2 || *out.Entries[1].ErrorCode != "NotAuthorizedForSourceException" || *out.Entries[2].ErrorCode != "MalformedDetail" || len(got) != 1 {
		t.Errorf("%+v, %d delivered", out, len(got))
	}
	if _, err := l.client.DisableRule(ctx, &sdk.DisableRuleInput{Name: aws.String("r")}); err != nil {
		t.Fatal(err)
	}
	put(entry("acso", `{}`))
	described, err := l.client.DescribeRule(ctx, &sdk.DescribeRuleInput{Name: aws.String("r")})
	if err != nil || described.State != types.RuleStateDisabled || len(got) != 1 {
		t.Errorf("%+v, %v, %d delivered by a disabled rule", described, err, len(got))
	}
	var missing *types.ResourceNotFoundException
	if _, err := l.client.EnableRule(ctx, &sdk.EnableRuleInput{Name: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("%v, want ResourceNotFoundException", err)
	}
	if _, err := l.client.EnableRule(ctx, &sdk.EnableRuleInput{Name: aws.String("r")}); err != nil {
		t.Fatal(err)
	}
	l.Inject(cloud.Fault{Operation: "EventBridge.PutEvents", Count: 1, Effect: cloud.Throttled})
	put(entry("acso", `{}`))
	l.Inject(cloud.Fault{Operation: "EventBridge.PutEvents", Count: 1, Effect: cloud.LostResponse})
	put(entry("acso", `{}`))
	if len(got) != 4 {
		t.Errorf("%d delivered, want 4: the event whose answer was lost twice", len(got))
	}
	denied := sdk.NewFromConfig(l.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"events:DescribeRule"}, Resources: []string{"*"}}}}))
	_, err = denied.PutEvents(ctx, &sdk.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry("acso", `{}`)}})
	if failure.KindOf(failure.FromAWS(err, "put")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
}
