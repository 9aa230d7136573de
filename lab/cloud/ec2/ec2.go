// Package ec2 models network ACLs, the fence around the database subnets: numbered rules, evaluated in order, for each
// direction by itself; and security groups, of which it knows the names.
//
// It refuses to know addresses and ports beyond "all of them": a rule of anything narrower is kept and described, but
// does not decide whether the subnets are open.
package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Service is the network ACLs of all regions.
type Service struct {
	cloud  *cloud.Cloud
	acls   []*ACL
	groups []group
	before []func()
}

// ACL is one network ACL.
type ACL struct {
	ID, Region, Name string
	rules            []rule
}

type rule struct {
	number                 int32
	egress, allow          bool
	protocol, cidr, cidrV6 string
	ports                  *types.PortRange
}

// last is the number of the rule that every ACL ends with and that denies everything; it is shown as an asterisk:
// docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html.
const last = 32767

// New models network ACLs in every region of the cloud.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c}
	s.register()
	s.registerGroups()
	return s
}

// Create makes an ACL that lets everything through in both directions (rule 100), as a default one does. A name that is an
// identifier (acl-...) becomes its identifier, and it has no Name tag then.
func (s *Service) Create(region, name string) *ACL {
	a := &ACL{ID: fmt.Sprintf("acl-%017x", len(s.acls)+1), Region: region, Name: name}
	if strings.HasPrefix(name, "acl-") {
		a.ID = name
	}
	for _, egress := range []bool{false, true} {
		a.rules = append(a.rules,
			rule{number: 100, egress: egress, allow: true, protocol: "-1", cidr: "0.0.0.0/0"},
			rule{number: last, egress: egress, protocol: "-1", cidr: "0.0.0.0/0"})
	}
	s.acls = append(s.acls, a)
	return a
}

// Reopen takes every rule away that somebody added to the ACL of a name.
func (s *Service) Reopen(region, name string) {
	for _, a := range s.acls {
		if a.Region == region && a.Name == name {
			s.changing()
			a.rules = slices.DeleteFunc(a.rules, func(r rule) bool { return r.number != 100 && r.number != last })
		}
	}
}

// Shut denies everything in both directions of the ACL of a name, as a person in the console does.
func (s *Service) Shut(region, name string) {
	for _, a := range s.acls {
		if a.Region == region && a.Name == name {
			s.changing()
			for _, egress := range []bool{false, true} {
				a.rules = append(a.rules, rule{number: 1, egress: egress, protocol: "-1", cidr: "0.0.0.0/0"})
			}
		}
	}
}

// BeforeChange has f called just before a rule changes.
func (s *Service) BeforeChange(f func()) { s.before = append(s.before, f) }

// Open tells whether packets pass the ACL with this name in both directions. ACLs are stateless, so an established
// connection needs both as well: docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html. No ACL of that name
// means that nothing stands in the way.
func (s *Service) Open(region, name string) bool {
	for _, a := range s.acls {
		if a.Region == region && a.Name == name {
			return a.passes(false) && a.passes(true)
		}
	}
	return true
}

// passes takes the first rule, by number, that covers all traffic.
func (a *ACL) passes(egress bool) bool {
	number, allow := int32(last+1), false
	for i := range a.rules {
		r := &a.rules[i]
		if r.egress == egress && r.number < number && r.protocol == "-1" && r.cidr == "0.0.0.0/0" {
			number, allow = r.number, r.allow
		}
	}
	return allow
}

// Actions and resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html.
func (s *Service) register() {
	on := func(call *cloud.Call, id *string, action string) []grant.Action {
		return []grant.Action{{Name: "ec2:" + action, Resource: s.cloud.ARN("ec2", call.Region, "network-acl/"+aws.ToString(id))}}
	}
	cloud.Register(s.cloud, "EC2.DescribeNetworkAcls", cloud.Spec[awsec2.DescribeNetworkAclsInput]{
		Actions: func(*cloud.Call, *awsec2.DescribeNetworkAclsInput) []grant.Action {
			return []grant.Action{{Name: "ec2:DescribeNetworkAcls", Resource: "*"}}
		},
	}, s.describe)
	cloud.Register(s.cloud, "EC2.CreateNetworkAclEntry", cloud.Spec[awsec2.CreateNetworkAclEntryInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsec2.CreateNetworkAclEntryInput) []grant.Action {
			return on(call, in.NetworkAclId, "CreateNetworkAclEntry")
		},
	}, func(call *cloud.Call, in *awsec2.CreateNetworkAclEntryInput) (*awsec2.CreateNetworkAclEntryOutput, error) {
		r := rule{aws.ToInt32(in.RuleNumber), aws.ToBool(in.Egress), in.RuleAction == types.RuleActionAllow, aws.ToString(in.Protocol), aws.ToString(in.CidrBlock), aws.ToString(in.Ipv6CidrBlock), ports(in.PortRange)}
		return &awsec2.CreateNetworkAclEntryOutput{}, s.put(call, in.NetworkAclId, r, false)
	})
	cloud.Register(s.cloud, "EC2.ReplaceNetworkAclEntry", cloud.Spec[awsec2.ReplaceNetworkAclEntryInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsec2.ReplaceNetworkAclEntryInput) []grant.Action {
			return on(call, in.NetworkAclId, "ReplaceNetworkAclEntry")
		},
	}, func(call *cloud.Call, in *awsec2.ReplaceNetworkAclEntryInput) (*awsec2.ReplaceNetworkAclEntryOutput, error) {
		r := rule{aws.ToInt32(in.RuleNumber), aws.ToBool(in.Egress), in.RuleAction == types.RuleActionAllow, aws.ToString(in.Protocol), aws.ToString(in.CidrBlock), aws.ToString(in.Ipv6CidrBlock), ports(in.PortRange)}
		return &awsec2.ReplaceNetworkAclEntryOutput{}, s.put(call, in.NetworkAclId, r, true)
	})
	cloud.Register(s.cloud, "EC2.DeleteNetworkAclEntry", cloud.Spec[awsec2.DeleteNetworkAclEntryInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsec2.DeleteNetworkAclEntryInput) []grant.Action {
			return on(call, in.NetworkAclId, "DeleteNetworkAclEntry")
		},
	}, s.remove)
}

func (s *Service) find(region string, id *string) (*ACL, error) {
	for _, a := range s.acls {
		if a.Region == region && a.ID == aws.ToString(id) {
			return a, nil
		}
	}
	return nil, cloud.Error("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", aws.ToString(id))
}

func (a *ACL) index(number int32, egress bool) int {
	return slices.IndexFunc(a.rules, func(r rule) bool { return r.number == number && r.egress == egress })
}

// put adds a rule, or replaces one. Codes: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
func (s *Service) put(call *cloud.Call, id *string, r rule, replace bool) error {
	a, err := s.find(call.Region, id)
	if err != nil {
		return err
	}
	if r.number < 1 || r.number >= last {
		return cloud.Error("InvalidParameterValue", "Value (%d) for parameter ruleNumber is invalid: 1 to 32766", r.number)
	}
	if (r.cidr == "") == (r.cidrV6 == "") {
		return cloud.Error("MissingParameter", "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.")
	}
	at := a.index(r.number, r.egress)
	switch {
	case at >= 0 && !replace:
		return cloud.Error("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", r.number)
	case at < 0 && replace:
		return noEntry(r.number)
	}
	s.changing()
	if at >= 0 {
		a.rules[at] = r
		return nil
	}
	a.rules = append(a.rules, r)
	return nil
}

func (s *Service) remove(call *cloud.Call, in *awsec2.DeleteNetworkAclEntryInput) (*awsec2.DeleteNetworkAclEntryOutput, error) {
	a, err := s.find(call.Region, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	number := aws.ToInt32(in.RuleNumber)
	at := a.index(number, aws.ToBool(in.Egress))
	if at < 0 || number == last {
		return nil, noEntry(number)
	}
	s.changing()
	a.rules = slices.Delete(a.rules, at, at+1)
	return &awsec2.DeleteNetworkAclEntryOutput{}, nil
}

func noEntry(number int32) error {
	return cloud.Error("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist.", number)
}

func (s *Service) changing() {
	for _, f := range s.before {
		f()
	}
}

func (s *Service) describe(call *cloud.Call, in *awsec2.DescribeNetworkAclsInput) (*awsec2.DescribeNetworkAclsOutput, error) {
	out := &awsec2.DescribeNetworkAclsOutput{}
	for _, id := range in.NetworkAclIds {
		if _, err := s.find(call.Region, &id); err != nil {
			return nil, err
		}
	}
	for _, a := range s.acls {
		if a.Region != call.Region || len(in.NetworkAclIds) > 0 && !slices.Contains(in.NetworkAclIds, a.ID) {
			continue
		}
		wanted := true
		for _, f := range in.Filters {
			switch aws.ToString(f.Name) {
			case "tag:Name":
				wanted = wanted && a.Name != a.ID && slices.Contains(f.Values, a.Name)
			case "network-acl-id":
				wanted = wanted && slices.Contains(f.Values, a.ID)
			default:
				return nil, cloud.Error("InvalidParameterValue", "lab: The filter '%s' is not modelled", aws.ToString(f.Name))
			}
		}
		if wanted {
			out.NetworkAcls = append(out.NetworkAcls, a.describe(s.cloud.Account))
		}
	}
	return out, nil
}

func (a *ACL) describe(account string) types.NetworkAcl {
	d := types.NetworkAcl{NetworkAclId: aws.String(a.ID), IsDefault: aws.Bool(false), OwnerId: aws.String(account)}
	if a.Name != a.ID {
		d.Tags = []types.Tag{{Key: aws.String("Name"), Value: aws.String(a.Name)}}
	}
	sorted := slices.Clone(a.rules)
	slices.SortStableFunc(sorted, func(x, y rule) int { return int(x.number) - int(y.number) })
	for _, r := range sorted {
		action := types.RuleActionDeny
		if r.allow {
			action = types.RuleActionAllow
		}
		e := types.NetworkAclEntry{RuleNumber: aws.Int32(r.number), Egress: aws.Bool(r.egress), RuleAction: action, Protocol: aws.String(r.protocol), PortRange: ports(r.ports)}
		if r.cidr != "" {
			e.CidrBlock = aws.String(r.cidr)
		}
		if r.cidrV6 != "" {
			e.Ipv6CidrBlock = aws.String(r.cidrV6)
		}
		d.Entries = append(d.Entries, e)
	}
	return d
}

func ports(p *types.PortRange) *types.PortRange {
	if p == nil {
		return nil
	}
	return &types.PortRange{From: aws.Int32(aws.ToInt32(p.From)), To: aws.Int32(aws.ToInt32(p.To))}
}
