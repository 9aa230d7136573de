package readiness

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

// roleRules are about IAM, whose control plane is Route 53's neighbour in us-east-1.
func roleRules() []rule {
	return []rule{{
		name: "roles-usable", at: global, after: []string{"failover-machine", "failover-functions"}, look: (*run).rolesUsable,
		why:    "A machine or a function does nothing without its role; one that was deleted, or that trusts somebody else, shows only when it is needed.",
		next:   "deploy the stacks of this region: they make the role anew, with its trust",
		forced: "the first step whose role cannot be taken ends the failover, perhaps past the point of no return",
	}}
}

// rolesUsable looks up the role of every machine and function here: whether it exists, and its service may take it.
func (r *run) rolesUsable(ctx context.Context) judging.Finding {
	trusts := map[string]string{} // by ARN: who may take it, as JSON
	if err := r.control.ask(ctx, func(ctx context.Context) error {
		pages := iam.NewListRolesPaginator(r.near.iam, &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return failure.FromAWS(err, "list the roles of the account")
			}
			for _, role := range page.Roles {
				// "the policy document is URL-encoded": https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
				trust, err := url.QueryUnescape(aws.ToString(role.AssumeRolePolicyDocument))
				if err != nil {
					trust = "" // not readable: it trusts nobody that is known
				}
				trusts[aws.ToString(role.Arn)] = trust
			}
		}
		return nil
	}); err != nil {
		return judging.Of(err)
	}
	machines, err := r.myMachines(ctx)
	if err != nil {
		return judging.Of(err)
	}
	functions, err := r.myFunctions(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	check := func(what, role, service string) {
		trust, found := trusts[role]
		switch {
		case !found:
			wrong = append(wrong, fmt.Sprintf("the role of %s, %s, does not exist", what, role))
		case !strings.Contains(trust, `"`+service+`"`):
			wrong = append(wrong, fmt.Sprintf("the role of %s, %s, cannot be taken by %s", what, role, service))
		}
	}
	for name, m := range machines {
		check("the machine "+name, aws.ToString(m.RoleArn), "states.amazonaws.com")
	}
	for name, f := range functions {
		check("the function "+name, f.role, "lambda.amazonaws.com")
	}
	return judging.All(wrong, "the roles of %d machines and %d functions exist, and their services may take them", len(machines), len(functions))
}
