package inspection

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) subnetsOpen(ctx context.Context) judging.Finding {
	name := r.e.DatabaseACL(r.here)
	out, err := r.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{
		Filters: []ec2types.Filter{{Name: aws.String("tag:Name"), Values: []string{name}}},
	})
	if err != nil {
		return judging.Unclear("%s", failure.FromAWS(err, "describe the network ACL %s in %s", name, r.here))
	}
	if len(out.NetworkAcls) != 1 {
		return judging.Fails("EC2 lists %d network ACLs with the Name tag %s", len(out.NetworkAcls), name).Do("deploy the network stack of this region")
	}
	var wrong []string
	for _, egress := range []bool{false, true} {
		first := ec2types.NetworkAclEntry{RuleNumber: aws.Int32(32767)}
		for _, entry := range out.NetworkAcls[0].Entries {
			if aws.ToBool(entry.Egress) == egress && aws.ToInt32(entry.RuleNumber) < aws.ToInt32(first.RuleNumber) {
				first = entry
			}
		}
		// The lowest number wins: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
		if first.RuleAction == ec2types.RuleActionDeny && aws.ToString(first.Protocol) == "-1" {
			wrong = append(wrong, fmt.Sprintf("rule %d of %s denies everything (egress %t)", aws.ToInt32(first.RuleNumber), name, egress))
		}
	}
	return judging.All(wrong, "%s lets traffic through", name)
}
