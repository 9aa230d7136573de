package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/stacks/policy"
)

// overIdentities are all rights that deployed roles have to look at roles, to hand one over, or to take one on. The same
// in both regions; <account> and <region> stand for those of the role that has the right.
var overIdentities = []struct {
	stack, role, action, resource string
	looks                         bool // it creates, changes and hands over nothing
}{
	// Schedules follow the role of the region, and an update of one hands over its own role.
	{"backup", "followrole", "iam:PassRole", "arn:aws:iam::<account>:role/acso-production/<region>/backup/scheduler/*", false},
	// A rebuild registers tasks with their roles.
	{"restore", "rebuildservices", "iam:PassRole", "arn:aws:iam::<account>:role/acso-production/<region>/workload/ecs-tasks/*", false},
	// The build that deploys the workload again takes on the roles of the CDK, as everybody who deploys does.
	{"restore", "rebuild", "sts:AssumeRole", "arn:aws:iam::<account>:role/cdk-hnb659fds-*-<account>-<region>", false},
	// Readiness looks whether the roles of the recovery exist.
	{"recovery", "readiness", "iam:ListRoles", "*", true},
	// Failback makes a replication of files: the right to EFS's own role for it is checked even where the role exists.
	{"recovery", "reversefiles", "iam:CreateServiceLinkedRole", "arn:aws:iam::<account>:role/aws-service-role/replication.elasticfilesystem.amazonaws.com/*", false},
}

// listed is which of overIdentities a right of a role is; -1 when it is none.
func listed(e *environment.Environment, role *policy.Role, r right) int {
	for n, one := range overIdentities {
		resource := strings.NewReplacer("<account>", e.Account, "<region>", role.Region).Replace(one.resource)
		if r == (right{one.action, resource}) && belongs(e, role, one.stack, one.role) {
			return n
		}
	}
	return -1
}

// belongs tells whether a role is the one that a stack made for a function or a build of this name.
func belongs(e *environment.Environment, role *policy.Role, stack, name string) bool {
	hash, its := strings.CutPrefix(role.Name, name+"role")
	return its && len(hash) == len("878B657F") && role.Stack == e.Prefix()+"-"+stack
}

// ofIdentities are the rights of a role to actions of IAM or STS, also by a pattern that takes in their names, such as *.
func ofIdentities(role *policy.Role) []right {
	return slices.DeleteFunc(rights(role), func(r right) bool {
		service, _, _ := strings.Cut(strings.ToLower(r.action), ":")
		return !policy.Match(service, "iam") && !policy.Match(service, "sts")
	})
}

// foreign are the policies of AWS's that roles may have: both allow to write logs and nothing else.
var foreign = []string{
	// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
	// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSEnhancedMonitoringRole.html
	"arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
}

// TestNoRoleMayTouchIdentities: of functions, machines, services and people, but for what is listed. The boundary of
// people's roles grants nothing, and is no policy of any.
func TestNoRoleMayTouchIdentities(t *testing.T) {
	e, err := production()
	if err != nil {
		t.Fatal(err)
	}
	account, err := policy.Load(deployed(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]int{} // by region
	for _, role := range account.Roles() {
		for _, r := range ofIdentities(role) {
			n := listed(e, role, r)
			if n < 0 {
				t.Errorf("%s of %s in %s may %s on %s, which is not listed", role.Name, role.Stack, role.Region, r.action, r.resource)
			}
			found[role.Region] = append(found[role.Region], n)
		}
		for _, document := range role.Policies.Identity {
			for _, s := range document {
				if s.Allow && len(s.NotActions)+len(s.NotResources) > 0 {
					t.Errorf("%s of %s in %s may do everything but what %q lists", role.Name, role.Stack, role.Region, s.Sid)
				}
			}
		}
		for _, name := range role.Foreign {
			if !slices.Contains(foreign, name) {
				t.Errorf("%s of %s in %s has %s, whose text nobody read", role.Name, role.Stack, role.Region, name)
			}
		}
	}
	for n, one := range overIdentities {
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			if !slices.Contains(found[region], n) {
				t.Errorf("listed, but no role has it: %s of %s in %s may %s on %s", one.role, one.stack, region, one.action, one.resource)
			}
		}
	}
}
