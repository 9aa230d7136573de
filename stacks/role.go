package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// role is an IAM role with one policy of its own.
type role struct {
	awsiam.Role
	// frozen is the role as constructs get it: CDK would otherwise add rights that nobody listed.
	frozen awsiam.IRole
	policy constructs.IConstruct // all that the role may do; what uses the role comes after it
}

// role makes a role that a service takes on, with exactly the grants. Its name is CloudFormation's choice: IAM is global,
// and the same stack exists in two regions. Its path says whose it is, so that who may pass it on can be told.
func (p *place) role(id, service, description string, grants ...grant.Grant) *role {
	r := awsiam.NewRole(p.Stack, jsii.String(id+"-role"), &awsiam.RoleProps{
		Path:      jsii.String(p.env.RolePath(p.region, p.name, strings.TrimSuffix(service, ".amazonaws.com"))),
		AssumedBy: p.confused(service), Description: jsii.String(description + " in " + p.region),
	})
	all := &role{Role: r, frozen: r.WithoutPolicyUpdates(&awsiam.WithoutPolicyUpdatesOptions{AddGrantsToResources: jsii.Bool(false)})}
	for n, part := range fitting(grants) {
		name := id + "-policy"
		if n > 0 {
			name = fmt.Sprintf("%s-%d", name, n+1)
		}
		policy := awsiam.NewManagedPolicy(p.Stack, jsii.String(name), &awsiam.ManagedPolicyProps{Roles: &[]awsiam.IRole{r}, Statements: statements(part)})
		acceptWildcards(policy, part)
		if all.policy != nil {
			policy.Node().AddDependency(all.policy)
		}
		all.policy = policy
	}
	return all
}

// policyLimit is how many characters of a managed policy are used: IAM takes 6,144, and statements need names and brackets.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const policyLimit = 5000

// fitting divides grants into as many policies as they need: a role may have ten.
func fitting(grants []grant.Grant) [][]grant.Grant {
	parts := [][]grant.Grant{nil}
	size := 0
	for _, g := range grants {
		length := len(`{"Action":[],"Effect":"Allow","Resource":[],"Sid":"Grant00"},`)
		for _, text := range append(slices.Clone(g.Actions), g.Resources...) {
			length += len(text) + len(`"",`)
		}
		if last := len(parts) - 1; size+length > policyLimit && len(parts[last]) > 0 {
			parts, size = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], g)
		size += length
	}
	return parts
}

// confused is a service that may take on the role for resources of this account only.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func (p *place) confused(service string) awsiam.IPrincipal {
	principal := awsiam.NewServicePrincipal(jsii.String(service), nil)
	switch service {
	case "lambda.amazonaws.com":
		// Lambda does not send the account when it takes on an execution role:
		// https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
		return principal
	default:
		return awsiam.NewPrincipalWithConditions(principal, &map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": p.env.Account}})
	}
}

// statements are the grants as a policy says them, numbered, so that a report can name one.
func statements(grants []grant.Grant) *[]awsiam.PolicyStatement {
	all := make([]awsiam.PolicyStatement, len(grants))
	for i, g := range grants {
		all[i] = awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(fmt.Sprintf("Grant%d", i+1)), Actions: jsii.Strings(g.Actions...), Resources: jsii.Strings(g.Resources...),
		})
	}
	return &all
}

// deliver is what a service needs to write a log group.
func deliver(logGroup string) grant.Grant {
	return grant.Grant{Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, Resources: []string{logGroup}}
}
