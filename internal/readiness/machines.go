package readiness

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func machineRules() []rule {
	return []rule{
		{
			name: "failover-machine", blocks: true, look: (*run).failoverMachine,
			why:    "The failover runs here; what is not deployed here cannot be deployed in an outage.",
			next:   "deploy the recovery stack of this region",
			forced: "there is nothing to start",
		},
		{
			name: "failover-functions", blocks: true, look: (*run).failoverFunctions,
			why:    "Every step of the failover is a function of this region.",
			next:   "deploy the recovery stack of this region",
			forced: "the failover ends at the step whose function is missing, perhaps past the point of no return",
		},
		{
			name: "machines-in-step", at: active, after: []string{"failover-machine"}, look: (*run).machinesInStep,
			why:    "Both regions run the same procedures; one that was edited by hand in one of them was tested by nobody.",
			next:   "deploy the stacks of both regions at the same commit",
			forced: "the procedure that runs is not the one that was drilled",
		},
		{
			name: "machine-roles", at: active, after: []string{"failover-machine"}, look: (*run).machineRoles,
			why:    "A machine runs as the role that was made for it and its region; another one's may not call its functions.",
			next:   "deploy the stacks of both regions at the same commit",
			forced: "the first step that the role does not allow ends the failover",
		},
		{
			name: "functions-in-step", at: active, after: []string{"failover-functions"}, look: (*run).functionsInStep,
			why:    "Both regions run the same build of every function.",
			next:   "deploy the stacks of both regions at the same commit",
			forced: "the step that runs is not the one that was drilled",
		},
	}
}

// failoverSteps are the functions that the failover's machine calls. A test holds them to its definition.
var failoverSteps = [...]string{
	"checkhealth", "checklag", "fence", "flipdns", "incident", "notify", "promotedata", "promotereplica", "scaleecs", "validate",
}

func (r *run) machine(ctx context.Context, client *sfn.Client, region, name string) (*sfn.DescribeStateMachineOutput, error) {
	out, err := client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(r.e.MachineARN(region, name))})
	if failure.Code(err) == "StateMachineDoesNotExist" {
		return nil, failure.New(failure.NotFound, "describe the state machine "+name+" in "+region, "it does not exist")
	}
	return out, failure.FromAWS(err, "describe the state machine %s in %s", name, region)
}

func (r *run) failoverMachine(ctx context.Context) judging.Finding {
	m, err := r.machine(ctx, r.near.sfn, r.here, "failover")
	if err != nil {
		return judging.Of(err)
	}
	if m.Status != sfntypes.StateMachineStatusActive {
		return judging.Fails("the state machine failover is %s", m.Status)
	}
	r.fact("machine failover", "%x", sha256.Sum256([]byte(aws.ToString(m.Definition))))
	return judging.Passes("it is %s", m.Status)
}

// twins are the deployed procedures of both regions, read once.
type twins struct {
	here, there map[string]*sfn.DescribeStateMachineOutput
	names       []string // of those that both have
	missing     []string
}

func (r *run) bothMachines(ctx context.Context) (twins, error) {
	return r.machines.Get(func() (twins, error) {
		var t twins
		var err error
		if t.here, err = r.myMachines(ctx); err != nil {
			return t, err
		}
		err = r.there.ask(ctx, func(ctx context.Context) (err error) {
			t.there, err = r.machinesOf(ctx, r.far.sfn, r.other)
			return err
		})
		for name := range t.there {
			if t.here[name] == nil {
				t.missing = append(t.missing, fmt.Sprintf("%s is missing in %s", name, r.here))
				continue
			}
			t.names = append(t.names, name)
		}
		for name := range t.here {
			if t.there[name] == nil {
				t.missing = append(t.missing, fmt.Sprintf("%s is missing in %s", name, r.other))
			}
		}
		slices.Sort(t.names)
		return t, err
	})
}

func (r *run) myMachines(ctx context.Context) (map[string]*sfn.DescribeStateMachineOutput, error) {
	return r.procedures.Get(func() (map[string]*sfn.DescribeStateMachineOutput, error) {
		return r.machinesOf(ctx, r.near.sfn, r.here)
	})
}

// machinesOf are the procedures of this environment in a region, by name.
func (r *run) machinesOf(ctx context.Context, client *sfn.Client, region string) (map[string]*sfn.DescribeStateMachineOutput, error) {
	found := map[string]*sfn.DescribeStateMachineOutput{}
	pages := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure.FromAWS(err, "list the state machines of %s", region)
		}
		for _, m := range page.StateMachines {
			name, ours := strings.CutPrefix(aws.ToString(m.Name), r.e.Prefix()+"-")
			if !ours {
				continue
			}
			if found[name], err = r.machine(ctx, client, region, name); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func (r *run) machinesInStep(ctx context.Context) judging.Finding {
	t, err := r.bothMachines(ctx)
	if err != nil {
		return judging.Of(err)
	}
	wrong := append([]string{}, t.missing...)
	for _, name := range t.names {
		mine, yours := t.here[name], t.there[name]
		if !r.same(aws.ToString(mine.Definition), aws.ToString(yours.Definition)) {
			wrong = append(wrong, fmt.Sprintf("%s differs from that of %s", name, r.other))
		}
	}
	return judging.All(wrong, "%d are the same in both regions", len(t.names))
}

// same compares definitions: they are one text, unless deployment put each region's own names in.
func (r *run) same(mine, yours string) bool {
	return mine == yours || strings.ReplaceAll(mine, r.here, "REGION") == strings.ReplaceAll(yours, r.other, "REGION")
}

func (r *run) machineRoles(ctx context.Context) judging.Finding {
	t, err := r.bothMachines(ctx)
	if err != nil {
		return judging.Of(err)
	}
	used := map[string]string{}
	var wrong []string
	for _, name := range t.names {
		mine, yours := t.here[name], t.there[name]
		for _, m := range []struct{ region, role string }{{r.here, aws.ToString(mine.RoleArn)}, {r.other, aws.ToString(yours.RoleArn)}} {
			whose := name + " in " + m.region
			if before, taken := used[m.role]; taken {
				wrong = append(wrong, fmt.Sprintf("%s runs as the role of %s", whose, before))
			}
			used[m.role] = whose
		}
	}
	return judging.All(wrong, "each machine has a role of its own")
}

// function is one as it is deployed.
type function struct {
	build string // its code and time limit
	role  string
}

// functionsOf are the functions of this environment in a region, by name.
func (r *run) functionsOf(ctx context.Context, client *lambda.Client, region string) (map[string]function, error) {
	found := map[string]function{}
	pages := lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure.FromAWS(err, "list the functions of %s", region)
		}
		for _, f := range page.Functions {
			if name, ours := strings.CutPrefix(aws.ToString(f.FunctionName), r.e.Prefix()+"-"); ours {
				found[name] = function{fmt.Sprintf("%s %d", aws.ToString(f.CodeSha256), whole(f.Timeout)), aws.ToString(f.Role)}
			}
		}
	}
	return found, nil
}

func (r *run) myFunctions(ctx context.Context) (map[string]function, error) {
	return r.deployed.Get(func() (map[string]function, error) { return r.functionsOf(ctx, r.near.lambda, r.here) })
}

func (r *run) failoverFunctions(ctx context.Context) judging.Finding {
	found, err := r.myFunctions(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for _, name := range failoverSteps {
		if _, ok := found[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("the function %s is missing in %s", r.e.FunctionName(name), r.here))
		}
	}
	return judging.All(wrong, "all %d are here", len(failoverSteps))
}

func (r *run) functionsInStep(ctx context.Context) judging.Finding {
	mine, err := r.myFunctions(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var yours map[string]function
	if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
		yours, err = r.functionsOf(ctx, r.far.lambda, r.other)
		return err
	}); err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for name, theirs := range yours {
		switch own, ok := mine[name]; {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s is missing in %s", name, r.here))
		case own.build != theirs.build:
			wrong = append(wrong, fmt.Sprintf("%s is another build, or has another time limit, than in %s", name, r.other))
		}
	}
	for name := range mine {
		if _, ok := yours[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s is missing in %s", name, r.other))
		}
	}
	return judging.All(wrong, "%d are the same in both regions", len(yours))
}
