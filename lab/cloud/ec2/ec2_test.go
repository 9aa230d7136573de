package ec2

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

func TestTheLowestRuleDecidesInBothDirections(t *testing.T) {
	c := cloud.New(sim.New(1), "111122223333", "us-east-1")
	s := New(c)
	s.Create("us-east-1", "database")
	changes := 0
	s.BeforeChange(func() { changes++ })
	api := awsec2.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: "us-east-1", Unlimited: true}))
	ctx := context.Background()

	found, err := api.DescribeNetworkAcls(ctx, &awsec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: []string{"database"}}}})
	if err != nil || len(found.NetworkAcls) != 1 || len(found.NetworkAcls[0].Entries) != 4 {
		t.Fatalf("describe: %v %v", found, err)
	}
	id := found.NetworkAcls[0].NetworkAclId
	deny := func(number int32, egress bool) error {
		_, err := api.CreateNetworkAclEntry(ctx, &awsec2.CreateNetworkAclEntryInput{NetworkAclId: id, RuleNumber: aws.Int32(number), Egress: aws.Bool(egress), RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")})
		return err
	}
	if err := deny(200, true); err != nil || !s.Open("us-east-1", "database") {
		t.Errorf("a deny behind the allow closes: %v", err)
	}
	if err := deny(1, true); err != nil || s.Open("us-east-1", "database") {
		t.Errorf("a deny of one direction does not close: %v", err)
	}
	var api1 smithy.APIError
	if err := deny(1, true); !errors.As(err, &api1) || api1.ErrorCode() != "NetworkAclEntryAlreadyExists" {
		t.Errorf("the same rule again: %v", err)
	}
	if _, err := api.DeleteNetworkAclEntry(ctx, &awsec2.DeleteNetworkAclEntryInput{NetworkAclId: id, RuleNumber: aws.Int32(1), Egress: aws.Bool(true)}); err != nil || !s.Open("us-east-1", "database") {
		t.Errorf("delete: %v", err)
	}
	if _, err := api.ReplaceNetworkAclEntry(ctx, &awsec2.ReplaceNetworkAclEntryInput{NetworkAclId: id, RuleNumber: aws.Int32(100), Egress: aws.Bool(false), RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")}); err != nil || s.Open("us-east-1", "database") {
		t.Errorf("replace: %v", err)
	}
	if changes != 4 {
		t.Errorf("%d changes announced", changes)
	}
}
