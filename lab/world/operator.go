package world

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// CloseDatabase is what the runbook tells a person to do in a region that the recovery region does not reach: close the
// database subnets with a deny-all entry in both directions. The person sits where the clients do.
func (w *World) CloseDatabase(region string) {
	config := w.Cloud.Config(cloud.Principal{Name: "operator", Region: cloud.Clients, Unlimited: true})
	config.Region = region
	client := ec2.NewFromConfig(config)
	w.Sim.Go(context.Background(), func(ctx context.Context) {
		if err := closeSubnets(ctx, client, w.Env.DatabaseACL(region)); err != nil {
			w.notice("service", region, fmt.Sprintf("closing the database subnets by hand failed: %v", err))
		}
	}, func(bool) {})
}

func closeSubnets(ctx context.Context, client *ec2.Client, name string) error {
	found, err := client.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{
		Filters: []types.Filter{{Name: aws.String(environment.ACLFilter(name)), Values: []string{name}}},
	})
	if err != nil {
		return err
	}
	for _, acl := range found.NetworkAcls {
		for _, egress := range []bool{false, true} {
			_, err := client.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
				NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(1), Egress: aws.Bool(egress),
				RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0"),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
