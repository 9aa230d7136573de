package rds

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// placement is where an instance sits in the network. What the lab made at the beginning is in the groups of the database
// stack; what a call makes is where the call says, and without a word in the defaults:
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html.
type placement struct {
	subnets string
	groups  []string
}

func workload() placement { return placement{"database", []string{"sg-0database"}} }

func placed(subnets *string, groups []string) placement {
	p := placement{"default", []string{"sg-0default"}}
	if subnets != nil {
		p.subnets = *subnets
	}
	if len(groups) > 0 {
		p.groups = slices.Clone(groups)
	}
	return p
}

func (p placement) describe(out *types.DBInstance) {
	out.DBSubnetGroup = &types.DBSubnetGroup{DBSubnetGroupName: aws.String(p.subnets)}
	out.DBParameterGroups = []types.DBParameterGroupStatus{{DBParameterGroupName: aws.String("postgres16")}}
	for _, id := range p.groups {
		out.VpcSecurityGroups = append(out.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: aws.String(id)})
	}
}

// InSubnets tells the subnet group of an instance.
func (i *Instance) InSubnets() string { return i.place.subnets }

// Tags are the tags of an instance.
func (i *Instance) Tags() map[string]string { return tagged(i.tags) }

// Tags are the tags of a snapshot.
func (p *Snapshot) Tags() map[string]string { return tagged(p.tags) }

func tagged(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, t := range tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}
