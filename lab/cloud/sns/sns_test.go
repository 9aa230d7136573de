package sns_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

func world() (*cloud.Cloud, *sns.Service, *sdk.Client, string) {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	s := sns.New(c)
	arn := s.Create(west, "alerts")
	return c, s, sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true})), arn
}

func publish(client *sdk.Client, arn, subject, body string) error {
	_, err := client.Publish(context.Background(), &sdk.PublishInput{TopicArn: &arn, Subject: aws.String(subject), Message: &body})
	return err
}

func TestPublishIsRecordedWithItsTime(t *testing.T) {
	c, s, client, arn := world()
	if err := publish(client, arn, "failover", "began"); err != nil {
		t.Fatal(err)
	}
	got := s.Messages(west, "alerts")
	if len(got) != 1 || got[0].Body != "began" || got[0].Subject != "failover" || got[0].Publisher != "test" || !got[0].At.Equal(c.Sim.Now()) {
		t.Errorf("recorded %+v", got)
	}
}

func TestRefusals(t *testing.T) {
	c, s, client, arn := world()
	var missing *types.NotFoundException
	if err := publish(client, arn+"x", "s", "m"); !errors.As(err, &missing) {
		t.Errorf("%v, want NotFoundException", err)
	}
	for name, err := range map[string]error{
		"too long":     publish(client, arn, "s", strings.Repeat("x", 256*1024+1)),
		"subject":      publish(client, arn, "two\nlines", "m"),
		"empty":        publish(client, arn, "s", ""),
		"other region": publish(client, c.ARN("sns", east, "alerts"), "s", "m"),
	} {
		var invalid *types.InvalidParameterException
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v, want InvalidParameterException", name, err)
		}
	}
	if err := publish(client, arn, "s", strings.Repeat("x", 256*1024)); err != nil {
		t.Errorf("256 KiB: %v", err)
	}
	s.Fail(west, "alerts", true)
	if err := publish(client, arn, "s", "m"); failure.KindOf(failure.FromAWS(err, "publish")) != failure.Unavailable {
		t.Errorf("%v, want Unavailable from a failing topic", err)
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	c, s, client, arn := world()
	denied := sdk.NewFromConfig(c.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"sns:Publish"}, Resources: []string{arn + "-other"}}}}))
	if err := publish(denied, arn, "s", "m"); failure.KindOf(failure.FromAWS(err, "publish")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
	c.Inject(cloud.Fault{Operation: "SNS.Publish", Count: 1, Effect: cloud.Throttled})
	if err := publish(client, arn, "s", "once"); err != nil || len(s.Messages(west, "alerts")) != 1 {
		t.Errorf("%v, %d messages: a throttled call is tried again", err, len(s.Messages(west, "alerts")))
	}
	c.Inject(cloud.Fault{Operation: "SNS.Publish", Count: 1, Effect: cloud.LostResponse})
	if err := publish(client, arn, "s", "twice"); err != nil || len(s.Messages(west, "alerts")) != 3 {
		t.Errorf("%v, %d messages: a message whose answer was lost is sent twice", err, len(s.Messages(west, "alerts")))
	}
}
