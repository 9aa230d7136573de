package proof

import (
	"slices"
	"testing"

	"github.com/acso/disaster-recovery/stacks/policy"
)

// TestRolesArePassedOnlyToTheirService: who hands a role to a service can hand over those that this service takes on in one
// stack of its region, all of them and no others; and nobody else can hand over any.
func TestRolesArePassedOnlyToTheirService(t *testing.T) {
	e, err := production()
	if err != nil {
		t.Fatal(err)
	}
	templates, err := synthesised()
	if err != nil {
		t.Fatal(err)
	}
	account, err := policy.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	passers := map[string]struct{ stack, service string }{
		e.FunctionName("followrole"):      {e.Prefix() + "-backup", "scheduler.amazonaws.com"},
		e.FunctionName("rebuildservices"): {e.Prefix() + "-workload", "ecs-tasks.amazonaws.com"},
	}
	roles := account.Roles()
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::Lambda::Function") {
			name := tmpl.Text(id, "FunctionName")
			passer := account.ByARN(tmpl.Region, tmpl.Text(id, "Role"))
			if name == "" || passer == nil {
				continue // CDK's own, which acts while a stack is deployed
			}
			passed := 0
			for _, role := range roles {
				decision, err := account.Decide(passer, "iam:PassRole", role.ARN, nil)
				if err != nil {
					t.Fatal(err)
				}
				its := passers[name]
				want := its.stack != "" && role.Stack == its.stack && role.Region == tmpl.Region && slices.Contains(role.Trusted, its.service)
				if got := decision == policy.Allowed; got != want {
					t.Errorf("%s in %s may pass %s (of %v): %t, want %t", name, tmpl.Region, role.ARN, role.Trusted, got, want)
				} else if got {
					passed++
				}
			}
			if _, passes := passers[name]; passes && passed == 0 {
				t.Errorf("%s in %s may pass no role at all", name, tmpl.Region)
			}
		}
	}
}
