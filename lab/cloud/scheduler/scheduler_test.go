package scheduler_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west, target, role = "us-east-1", "us-west-2", "arn:aws:lambda:us-west-2:123456789012:function:probe", "arn:aws:iam::123456789012:role/schedules"

var ctx = context.Background()

type lab struct {
	*cloud.Cloud
	service *scheduler.Service
	client  *sdk.Client
	fired   *[]time.Time
	inputs  *[]string
	fail    *int
}

func world(seed uint64, text string) lab {
	c := cloud.New(sim.New(seed), "123456789012", east, west)
	l := lab{c, scheduler.New(c), sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true})), &[]time.Time{}, &[]string{}, new(int)}
	l.service.Create(west, scheduler.Schedule{
		Name: "s", Expression: text, TargetARN: target, RoleARN: role, Input: `{"at":"<aws.scheduler.scheduled-time>","attempt":<aws.scheduler.attempt-number>}`,
		Invoke: func(p json.RawMessage) error {
			*l.fired, *l.inputs = append(*l.fired, c.Sim.Now()), append(*l.inputs, string(p))
			if *l.fail > 0 {
				*l.fail--
				return errors.New("throttled")
			}
			return nil
		},
	})
	return l
}

func (l lab) pass(d time.Duration) { l.Sim.Run(l.Sim.Now().Add(d), nil) }

func update(l lab, state types.ScheduleState) error {
	_, err := l.client.UpdateSchedule(ctx, &sdk.UpdateScheduleInput{
		Name: aws.String("s"), ScheduleExpression: aws.String("rate(1 minute)"), State: state,
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff}, Target: &types.Target{Arn: aws.String(target), RoleArn: aws.String(role)},
	})
	return err
}

func TestRateFiresOnceAnIntervalInOnePhase(t *testing.T) {
	for seed := range uint64(20) {
		l := world(seed, "rate(1 minute)")
		l.pass(10 * time.Minute)
		if len(*l.fired) != 10 {
			t.Fatalf("seed %d: fired %d times in 10 minutes", seed, len(*l.fired))
		}
		for i, at := range (*l.fired)[1:] {
			if at.Sub((*l.fired)[i]) != time.Minute {
				t.Errorf("seed %d: %v between firings", seed, at.Sub((*l.fired)[i]))
			}
		}
	}
}

func TestCronFiresWithinItsMinute(t *testing.T) {
	l := world(3, "cron(30 9 * * ? *)")
	l.pass(48 * time.Hour)
	if len(*l.fired) != 2 {
		t.Fatalf("fired %v", *l.fired)
	}
	for _, at := range *l.fired {
		if at.Hour() != 9 || at.Minute() != 30 {
			t.Errorf("fired at %v", at)
		}
	}
	if want := `{"at":"2026-03-03T09:30:00Z","attempt":1}`; (*l.inputs)[0] != want {
		t.Errorf("payload %s, want %s", (*l.inputs)[0], want)
	}
}

func TestFailedTargetIsRetriedWithTheSameTime(t *testing.T) {
	l := world(1, "cron(30 9 * * ? *)")
	*l.fail = 2
	l.pass(12 * time.Hour)
	if len(*l.inputs) != 3 || !strings.Contains((*l.inputs)[2], `"2026-03-03T09:30:00Z","attempt":3`) {
		t.Errorf("payloads %v", *l.inputs)
	}
}

func TestDeadRegionFiresNothing(t *testing.T) {
	for _, catchUp := range []bool{false, true} {
		l := world(1, "rate(1 minute)")
		l.service.CatchUp = catchUp
		l.Kill(west)
		l.pass(10 * time.Minute)
		if len(*l.fired) != 0 {
			t.Fatal("a dead region invoked")
		}
		l.Revive(west)
		l.pass(0)
		if want := map[bool]int{false: 0, true: 10}[catchUp]; len(*l.fired) != want {
			t.Errorf("catch up %v: %d firings at the return, want %d", catchUp, len(*l.fired), want)
		}
	}
}

func TestUpdateReplacesTheWholeSchedule(t *testing.T) {
	l := world(1, "rate(1 minute)")
	if err := update(l, types.ScheduleStateDisabled); err != nil {
		t.Fatal(err)
	}
	l.pass(10 * time.Minute)
	got, err := l.client.GetSchedule(ctx, &sdk.GetScheduleInput{Name: aws.String("s")})
	if err != nil || got.State != types.ScheduleStateDisabled || len(*l.fired) != 0 || got.Target.Input != nil {
		t.Errorf("%+v, %v, %d firings", got, err, len(*l.fired))
	}
	if err := update(l, ""); err != nil { // without a state it is enabled
		t.Fatal(err)
	}
	l.pass(5 * time.Minute)
	if len(*l.fired) < 5 || !l.service.Enabled(west, "s") {
		t.Errorf("%d firings after it was enabled again", len(*l.fired))
	}
	list, err := l.client.ListSchedules(ctx, &sdk.ListSchedulesInput{})
	if err != nil || len(list.Schedules) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := l.client.GetSchedule(ctx, &sdk.GetScheduleInput{Name: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("%v, want ResourceNotFoundException", err)
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	l := world(1, "rate(1 minute)")
	l.Inject(cloud.Fault{Operation: "Scheduler.UpdateSchedule", Count: 1, Effect: cloud.Throttled})
	if err := update(l, types.ScheduleStateDisabled); err != nil {
		t.Error(err)
	}
	before := l.Mutations()
	l.Inject(cloud.Fault{Operation: "Scheduler.UpdateSchedule", Count: 1, Effect: cloud.LostResponse})
	if err := update(l, types.ScheduleStateDisabled); err != nil || l.Mutations() != before+2 {
		t.Errorf("%v, %d effects, want the update twice", err, l.Mutations()-before)
	}
	l.client = sdk.NewFromConfig(l.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"scheduler:UpdateSchedule"}, Resources: []string{"*"}}}}))
	if err := update(l, ""); failure.KindOf(failure.FromAWS(err, "update")) != failure.Denied || !strings.Contains(err.Error(), "iam:PassRole") {
		t.Errorf("%v, want Denied for the role that is passed", err)
	}
}
