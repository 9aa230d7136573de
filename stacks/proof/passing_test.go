package proof

import (
	"slices"
	"testing"

	"github.com/acso/disaster-recovery/stacks/policy"
)

// TestRolesArePassedOnlyToTheirService: who hands a role to a service can hand over those that this service takes on in one
// stack of its region, all of them and no others; and nobody else can hand over any, neither function, machine, service nor
// person.
func TestRolesArePassedOnlyToTheirService(t *testing.T) {
	e, err := production()
	if err != nil {
		t.Fatal(err)
	}
	account, err := policy.Load(deployed(t))
	if err != nil {
		t.Fatal(err)
	}
	roles := account.Roles()
	for _, passer := range roles {
		if len(passer.Foreign) > 0 {
			continue // Decide knows no policies of AWS's; TestNoRoleMayTouchIdentities does, and what else such a role may
		}
		var stack, service string // whose roles it may pass
		switch {
		case belongs(e, passer, "backup", "followrole"):
			stack, service = e.Prefix()+"-backup", "scheduler.amazonaws.com"
		case belongs(e, passer, "restore", "rebuildservices"):
			stack, service = e.Prefix()+"-workload", "ecs-tasks.amazonaws.com"
		}
		passed := 0
		for _, role := range roles {
			decision, err := account.Decide(passer, "iam:PassRole", role.ARN, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := role.Stack == stack && role.Region == passer.Region && slices.Contains(role.Trusted, service)
			if got := decision == policy.Allowed; got != want {
				t.Errorf("%s in %s may pass %s (of %v): %t, want %t", passer.ARN, passer.Region, role.ARN, role.Trusted, got, want)
			} else if got {
				passed++
			}
		}
		if service != "" && passed == 0 {
			t.Errorf("%s in %s may pass no role at all", passer.ARN, passer.Region)
		}
	}
}
