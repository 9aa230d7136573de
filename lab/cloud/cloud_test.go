package cloud_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

const here, there = "us-west-2", "us-east-1"

// board is a cloud with one operation that changes something and one that reads it.
type board struct {
	*cloud.Cloud
	published []string
}

func newBoard() *board {
	b := &board{Cloud: cloud.New(sim.New(1), "111122223333", here, there)}
	cloud.Register(b.Cloud, "SNS.Publish", cloud.Spec[sns.PublishInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *sns.PublishInput) []grant.Action {
			return []grant.Action{{Name: "sns:Publish", Resource: aws.ToString(in.TopicArn)}}
		},
	}, func(_ *cloud.Call, in *sns.PublishInput) (*sns.PublishOutput, error) {
		b.published = append(b.published, aws.ToString(in.Message))
		return &sns.PublishOutput{MessageId: aws.String("1")}, nil
	})
	cloud.Register(b.Cloud, "SNS.GetTopicAttributes", cloud.Spec[sns.GetTopicAttributesInput]{
		Actions: func(*cloud.Call, *sns.GetTopicAttributesInput) []grant.Action { return nil },
	}, func(*cloud.Call, *sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
		return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"count": strings.Repeat("x", len(b.published))}}, nil
	})
	return b
}

const topic = "arn:aws:sns:us-west-2:111122223333:on-call"

// call runs f as a function in a region with grants and gives what it took and returned.
func (b *board) call(region string, grants []grant.Grant, f func(context.Context, *sns.Client) error) (took time.Duration, err error) {
	client := sns.NewFromConfig(b.Config(cloud.Principal{Name: "tester", Region: region, Grants: grants}), func(o *sns.Options) { o.Region = here })
	ended := false
	began := b.Sim.Now()
	b.Sim.Go(context.Background(), func(ctx context.Context) { err = f(ctx, client); took = b.Sim.Now().Sub(began) }, func(bool) { ended = true })
	b.Sim.Run(began.Add(time.Hour), func() bool { return ended })
	return took, err
}

func publish(ctx context.Context, client *sns.Client) error {
	_, err := client.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("hello")})
	return err
}

var allowed = []grant.Grant{{Actions: []string{"sns:Publish"}, Resources: []string{"arn:aws:sns:us-west-2:*:on-call"}}}

func TestACallTakesVirtualTimeAndItsEffect(t *testing.T) {
	b := newBoard()
	took, err := b.call(here, allowed, publish)
	if err != nil || len(b.published) != 1 || took <= 0 || took > time.Second {
		t.Errorf("err %v, %d effects, took %v", err, len(b.published), took)
	}
}

func TestWhatNoGrantAllowsIsDenied(t *testing.T) {
	b := newBoard()
	_, err := b.call(here, []grant.Grant{{Actions: []string{"sns:Publish"}, Resources: []string{"arn:aws:sns:us-west-2:*:other"}}}, publish)
	if failure.Code(err) != "AccessDeniedException" || len(b.published) != 0 {
		t.Errorf("err %v, %d effects", err, len(b.published))
	}
}

func TestAnOperationThatIsNotModelledFailsLoudly(t *testing.T) {
	b := newBoard()
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "SSM.GetParameter") {
			t.Errorf("recovered %v, want a panic that names SSM.GetParameter", r)
		}
	}()
	client := ssm.NewFromConfig(b.Config(cloud.Principal{Name: "tester", Region: here, Unlimited: true}))
	_, _ = client.GetParameter(context.Background(), &ssm.GetParameterInput{Name: aws.String("x")}) // does not return
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault   string
		effects int
		ok      bool
	}{
		{"SNS.Publish#1+1:throttled", 1, true},
		{"SNS.Publish:throttled", 0, false},
		{"SNS.*#1+2:error-before", 1, true},
		{"mutating@us-west-2#1+1:lost-response", 2, true}, // the SDK tries again, and the effect is there twice, as in life
		{"SNS.Publish:lost-response", 3, false},
		{"SNS.Publish@us-east-1:throttled", 1, true}, // another region's fault
		{"SNS.Publish#2+1:throttled", 1, true},       // a later call's fault
		{"SNS.Publish:slow", 1, true},
	} {
		t.Run(c.fault, func(t *testing.T) {
			b := newBoard()
			f, err := cloud.ParseFault(c.fault)
			if err != nil {
				t.Fatal(err)
			}
			b.Inject(f)
			_, err = b.call(here, allowed, publish)
			if (err == nil) != c.ok || len(b.published) != c.effects {
				t.Errorf("err %v, %d effects, want %d", err, len(b.published), c.effects)
			}
		})
	}
}

func TestACallerCanDieBeforeAndAfterTheEffect(t *testing.T) {
	for fault, effects := range map[cloud.Effect]int{cloud.KillBefore: 0, cloud.KillAfter: 1} {
		b := newBoard()
		var seen []cloud.Record
		b.Observe(func(r cloud.Record) { seen = append(seen, r) })
		b.Inject(cloud.Fault{Operation: "SNS.Publish", First: 1, Count: 1, Effect: fault})
		returned := false
		_, _ = b.call(here, allowed, func(ctx context.Context, client *sns.Client) error {
			err := publish(ctx, client)
			returned = true
			return err
		})
		if returned || len(b.published) != effects {
			t.Errorf("%s: returned %v, %d effects", fault, returned, len(b.published))
		}
		if len(seen) != 1 || seen[0].Effect != (effects == 1) {
			t.Errorf("%s: recorded %+v", fault, seen)
		}
	}
}

func TestAnUnansweredCallTakesAsLongAsItsCallerWaits(t *testing.T) {
	b := newBoard()
	b.Cut(there, here)
	took, err := b.call(there, allowed, func(ctx context.Context, client *sns.Client) error {
		ctx, cancel := b.Sim.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		return publish(ctx, client)
	})
	if err == nil || took < 3*time.Second || took > 4*time.Second {
		t.Errorf("err %v after %v, want a failure after 3 s", err, took)
	}
	if !failure.Is(failure.FromAWS(err, "publish"), failure.Unavailable) {
		t.Errorf("%v does not count as unavailable", err)
	}
	b.Heal(there, here)
	if _, err := b.call(there, allowed, publish); err != nil {
		t.Errorf("after healing: %v", err)
	}
}

func TestAFunctionDiesWithItsRegion(t *testing.T) {
	b := newBoard()
	b.Sim.After(10*time.Millisecond, func() { b.Kill(there) })
	returned := false
	_, _ = b.call(there, allowed, func(ctx context.Context, client *sns.Client) error {
		err := publish(ctx, client)
		returned = true
		return err
	})
	if returned || len(b.published) != 0 {
		t.Errorf("returned %v, %d effects", returned, len(b.published))
	}
}

func TestWhatWaitsForADeadRegionGoesOnInOrder(t *testing.T) {
	b := newBoard()
	b.Kill(there)
	var order []int
	for n := range 3 {
		b.WhenAlive(there, func() { order = append(order, n) })
	}
	if len(order) != 0 {
		t.Fatalf("%v happened in a dead region", order)
	}
	b.Revive(there)
	b.Sim.Run(b.Sim.Now().Add(time.Second), nil)
	if len(order) != 3 || order[0] != 0 || order[2] != 2 {
		t.Errorf("went on as %v", order)
	}
}

func TestAStaleReadGivesTheLastAnswerAgain(t *testing.T) {
	b := newBoard()
	b.Inject(cloud.Fault{Operation: "SNS.GetTopicAttributes", First: 2, Count: 1, Effect: cloud.StaleRead})
	var counts []int
	_, err := b.call(here, allowed, func(ctx context.Context, client *sns.Client) error {
		for range 3 {
			out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(topic)})
			if err != nil {
				return err
			}
			counts = append(counts, len(out.Attributes["count"]))
			if err := publish(ctx, client); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || counts[0] != 0 || counts[1] != 0 || counts[2] != 2 {
		t.Errorf("err %v, counts %v, want 0 0 2", err, counts)
	}
}

func TestInvokeSpeaksTheNamesOfStepFunctions(t *testing.T) {
	b := newBoard()
	if name, ok := b.Find("sns", "publish"); !ok || name != "SNS.Publish" {
		t.Fatalf("found %q, %v", name, ok)
	}
	if _, ok := b.Find("sns", "createTopic"); ok {
		t.Error("found an operation that is not modelled")
	}
	p := cloud.Principal{Name: "machine", Region: here, Unlimited: true}
	out, err := b.Invoke(context.Background(), p, here, "SNS.Publish", []byte(`{"TopicArn":"`+topic+`","Message":"from a machine"}`))
	if err != nil || string(out) != `{"MessageId":"1"}` {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := b.Invoke(context.Background(), p, here, "SNS.Publish", []byte(`{"Topic":"x"}`)); failure.Code(err) != "ValidationException" {
		t.Errorf("an unknown argument gives %v", err)
	}
	name, _ := cloud.IntegrationError("rds", cloud.Error("DBInstanceNotFoundFault", "none"))
	if name != "Rds.DbInstanceNotFoundException" {
		t.Errorf("the error is called %s", name)
	}
	if name, _ := cloud.IntegrationError("rds", errors.New("no route")); name != "Rds.SdkClientException" {
		t.Errorf("the error is called %s", name)
	}
}
