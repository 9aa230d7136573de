package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/audit"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/stacks/policy"
	"github.com/acso/disaster-recovery/statemachines"
)

// TestEveryRecordedCallIsAllowedByTheDeployedRole: what worked in a drill works on AWS, as far as IAM has a say.
func TestEveryRecordedCallIsAllowedByTheDeployedRole(t *testing.T) {
	e, templates, uses := world(t)
	account, err := policy.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, use := range uses {
		role, err := roleOf(account, e, use.Caller, use.Region)
		if err != nil {
			t.Error(err)
			continue
		}
		if role == nil {
			continue // the scenario, or a person in it
		}
		judged++
		decision, err := account.Decide(role, use.Name, use.Resource, contextOf(e, use))
		if err != nil || decision != policy.Allowed {
			t.Errorf("%s in %s: %s on %s for %s is %s %v", use.Caller, use.Region, use.Name, use.Resource, use.Operation, decision, err)
		}
	}
	if judged < 100 {
		t.Errorf("only %d uses were judged: the drills recorded next to nothing", judged)
	}
}

// roleOf is the deployed role of a caller; nil for a caller that is neither function nor machine.
func roleOf(account *policy.Account, e *environment.Environment, caller, region string) (*policy.Role, error) {
	if machine, is := strings.CutPrefix(caller, stepfunctions.MachineCaller); is {
		return account.Machine(region, machine)
	}
	if _, is := functions.Named(caller); is {
		return account.Function(region, e.FunctionName(caller))
	}
	return nil, nil
}

// contextOf is what AWS adds to a request that conditions of key policies ask for: which service uses the key in the
// caller's name. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func contextOf(e *environment.Environment, use audit.Use) map[string][]string {
	context := map[string][]string{}
	service, _, _ := strings.Cut(use.Operation, ".")
	if parts := strings.Split(use.Resource, ":"); strings.HasPrefix(use.Name, "kms:") && service != "KMS" && len(parts) > 3 {
		context["kms:ViaService"] = []string{strings.ToLower(service) + "." + parts[3] + ".amazonaws.com"}
		context["kms:CallerAccount"] = []string{e.Account}
	}
	return context
}

// ofTheServices are rights that a service uses by itself in the name of the role, where the lab has no calls to see.
var ofTheServices = []struct{ trusted, action, source string }{
	{"lambda.amazonaws.com", "logs:CreateLogStream", "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"},
	{"lambda.amazonaws.com", "logs:PutLogEvents", "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"},
	{"lambda.amazonaws.com", "xray:PutTelemetryRecords", "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"},
	{"lambda.amazonaws.com", "xray:PutTraceSegments", "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"},
	{"lambda.amazonaws.com", "sqs:SendMessage", "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"},
	{"lambda.amazonaws.com", "ec2:AssignPrivateIpAddresses", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "ec2:CreateNetworkInterface", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "ec2:DeleteNetworkInterface", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "ec2:DescribeNetworkInterfaces", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "ec2:DescribeSubnets", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "ec2:UnassignPrivateIpAddresses", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"lambda.amazonaws.com", "elasticfilesystem:ClientMount", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html"},
	{"lambda.amazonaws.com", "elasticfilesystem:ClientWrite", "https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html"},
	{"lambda.amazonaws.com", "elasticfilesystem:ClientRootAccess", "https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html"},
	{"states.amazonaws.com", "logs:CreateLogDelivery", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:DeleteLogDelivery", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:DescribeLogGroups", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:DescribeResourcePolicies", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:GetLogDelivery", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:ListLogDeliveries", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:PutResourcePolicy", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "logs:UpdateLogDelivery", "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"},
	{"states.amazonaws.com", "xray:GetSamplingRules", "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html"},
	{"states.amazonaws.com", "xray:GetSamplingTargets", "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html"},
	{"states.amazonaws.com", "xray:PutTelemetryRecords", "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html"},
	{"states.amazonaws.com", "xray:PutTraceSegments", "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html"},
	{"states.amazonaws.com", "states:DescribeExecution", "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html"},
	{"states.amazonaws.com", "states:StopExecution", "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html"},
	{"states.amazonaws.com", "states:RedriveExecution", "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html"},
}

// TestEveryDeployedRightWasUsed names each right of a deployed role that no drill used, in neither region: the roles are
// the same in both, mirrored.
func TestEveryDeployedRightWasUsed(t *testing.T) {
	e, templates, uses := world(t)
	account, err := policy.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	var callers []string
	for _, f := range functions.All() {
		callers = append(callers, f.Name)
	}
	for _, m := range statemachines.All() {
		callers = append(callers, stepfunctions.MachineCaller+e.MachineName(m.Name))
	}
	for _, caller := range callers {
		here, err := roleOf(account, e, caller, e.Regions.Recovery)
		if err != nil {
			t.Error(err)
			continue
		}
		there, err := roleOf(account, e, caller, e.Regions.Primary)
		if err != nil {
			t.Error(err)
			continue
		}
		trusted := "lambda.amazonaws.com"
		if strings.HasPrefix(caller, stepfunctions.MachineCaller) {
			trusted = "states.amazonaws.com"
		}
		mine, mirrored := rights(here), rights(there)
		if len(mine) != len(mirrored) {
			t.Errorf("%s has %d rights in %s and %d in %s", caller, len(mine), here.Region, len(mirrored), there.Region)
			continue
		}
		for n, right := range mine {
			if !right.ofService(trusted) && !right.used(caller, here.Region, uses) && !mirrored[n].used(caller, there.Region, uses) {
				t.Errorf("extra: no drill used %s: %s on %s", caller, right.action, right.resource)
			}
		}
	}
}

type right struct{ action, resource string }

func rights(role *policy.Role) []right {
	var all []right
	for _, document := range role.Policies.Identity {
		for _, s := range document {
			for _, action := range s.Actions {
				for _, resource := range s.Resources {
					if one := (right{action, resource}); s.Allow && !slices.Contains(all, one) {
						all = append(all, one)
					}
				}
			}
		}
	}
	return all
}

func (r right) ofService(trusted string) bool {
	for _, own := range ofTheServices {
		if own.trusted == trusted && own.action == r.action {
			return true
		}
	}
	return false
}

func (r right) used(caller, region string, uses []audit.Use) bool {
	for _, use := range uses {
		if use.Caller == caller && use.Region == region && policy.Match(strings.ToLower(r.action), strings.ToLower(use.Name)) && policy.Match(r.resource, use.Resource) {
			return true
		}
	}
	return false
}

// TestNoRoleActsBesideTheRegistry: whoever Lambda or Step Functions may act as is a function of the registry or a state
// machine, or one of the helpers that CDK deploys, which act while a stack is deployed and never on a recovery path.
func TestNoRoleActsBesideTheRegistry(t *testing.T) {
	e, templates, _ := world(t)
	for _, tmpl := range templates {
		known := map[string]bool{}
		for _, id := range tmpl.Of("AWS::Lambda::Function") {
			_, registered := functions.Named(strings.TrimPrefix(tmpl.Text(id, "FunctionName"), e.FunctionName("")))
			known[tmpl.Text(id, "Role")] = registered || strings.HasPrefix(id, "Custom") || strings.HasPrefix(id, "AWS")
		}
		for _, id := range tmpl.Of("AWS::StepFunctions::StateMachine") {
			_, registered := statemachines.Named(strings.TrimPrefix(tmpl.Text(id, "StateMachineName"), e.MachineName("")))
			known[tmpl.Text(id, "RoleArn")] = registered
		}
		for _, id := range tmpl.Of("AWS::IAM::Role") {
			trust, err := policy.Read(tmpl.Get(id, "AssumeRolePolicyDocument"))
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			arn := fmt.Sprint(tmpl.Resolve(map[string]any{"Fn::GetAtt": []any{id, "Arn"}}))
			for _, s := range trust {
				if (slices.Contains(s.Principals, "lambda.amazonaws.com") || slices.Contains(s.Principals, "states.amazonaws.com")) && !known[arn] {
					t.Errorf("%s in %s: role %s serves no function of the registry and no state machine", tmpl.Stack, tmpl.Region, id)
				}
			}
		}
	}
}
