package proof

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	labworld "github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/stacks/policy"
	"github.com/acso/disaster-recovery/statemachines"
)

// TestTheUnplannedPathNeedsNothingOfThePrimary runs the failover while the primary region is dead and Route 53's control
// plane answers nobody; IAM has no model in the lab, so a call to it would stop the run. Then it takes each step away by
// itself: what the recovery goes on without is best effort, the rest is required. At last it takes all best-effort steps
// away at once.
func TestTheUnplannedPathNeedsNothingOfThePrimary(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a failover for each step of the path")
	}
	e, err := production()
	if err != nil {
		t.Fatal(err)
	}
	lab := laboratory{t: t, e: e}
	if lab.evaluator, err = jsonata.New(); err != nil {
		t.Fatal(err)
	}
	whole := lab.run(nil)
	if !whole.recovered {
		t.Fatalf("with a dead primary the failover ends %s", whole.end)
	}
	for _, call := range whole.calls {
		if call.To != e.Regions.Recovery && call.Effect {
			t.Errorf("%s got an answer from %s to %s: the primary is not dead, and nothing is proven", call.Caller, call.To, call.Operation)
		}
	}

	var bestEffort, required []string
	for _, step := range slices.Sorted(maps.Keys(whole.steps)) {
		if lab.run([]string{step}).recovered {
			bestEffort = append(bestEffort, step)
		} else {
			required = append(required, step)
		}
	}
	t.Logf("required: %s", strings.Join(required, ", "))
	t.Logf("best effort: %s", strings.Join(bestEffort, ", "))
	for _, step := range []string{"PromoteReplica", "FlipDns", "CloseIncident"} {
		if !slices.Contains(required, step) {
			t.Errorf("the recovery goes on without %s: taking a step away has no effect here", step)
		}
	}
	if !slices.Contains(bestEffort, "AnnounceFailover") {
		t.Error("the recovery does not go on without AnnounceFailover: nobody may have to be reached by mail for it")
	}
	if rest := lab.run(bestEffort); !rest.recovered {
		t.Errorf("without all best-effort steps at once the failover ends %s", rest.end)
	}
	for _, step := range required {
		for _, call := range whole.steps[step] {
			if call.To != e.Regions.Recovery && call.Err == nil {
				t.Errorf("step %s is required and needs %s from %s", step, call.Operation, call.To)
			}
			for _, action := range call.Actions {
				if controlPlane(action.Name) && call.Err == nil {
					t.Errorf("step %s is required and needs %s", step, action.Name)
				}
			}
		}
	}
}

// controlPlane tells whether an action is of a service whose control plane lives in one region for the whole account.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
func controlPlane(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	return slices.Contains([]string{"iam", "route53", "organizations", "cloudfront", "sts", "account"}, service)
}

// laboratory runs failovers with steps taken away.
type laboratory struct {
	t         *testing.T
	e         *environment.Environment
	evaluator *jsonata.Evaluator
}

type rehearsal struct {
	recovered bool
	end       string
	calls     []cloud.Record
	steps     map[string][]cloud.Record // what the function of a step called while it was the step's turn
}

func (l laboratory) run(without []string) *rehearsal {
	l.t.Helper()
	machines, err := labworld.ParseMachines(l.e)
	if err != nil {
		l.t.Fatal(err)
	}
	failover, owners := l.failover(without)
	machines["failover"] = failover
	w := labworld.New(labworld.Options{Seed: 1, Environment: l.e, Evaluator: l.evaluator, Machines: machines})
	w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)

	r := &rehearsal{steps: map[string][]cloud.Record{}}
	turn := map[string]string{} // of a function: the step that called it last
	var failing *stepfunctions.Execution
	w.States.OnEvent(func(x *stepfunctions.Execution, event asl.Event) {
		if x.Machine != l.e.MachineName("failover") || event.Type != "TaskStateEntered" {
			return
		}
		failing = x
		step := event.State()
		turn[owners[step]] = step
		r.steps[step] = slices.Clip(r.steps[step]) // a step that calls nothing is one of the path too
	})
	w.Cloud.Observe(func(call cloud.Record) {
		if call.From != l.e.Regions.Recovery {
			return
		}
		r.calls = append(r.calls, call)
		if step := turn[call.Caller]; step != "" {
			r.steps[step] = append(r.steps[step], call)
		}
	})
	w.Cloud.Inject(cloud.Fault{Operation: "Route 53.*", Effect: cloud.Unreachable})
	w.Cloud.Kill(l.e.Regions.Primary)
	w.Sim.Run(w.Sim.Now().Add(7*time.Hour), func() bool { return failing != nil && failing.Status() != asl.Running })
	w.Traffic.Stop()
	if failing == nil {
		l.t.Fatal("no failover began")
	}
	r.end = string(failing.Status()) + " " + string(failing.Output()) + failing.Error() + " " + failing.Cause()
	r.recovered = failing.Status() == asl.Succeeded && strings.Contains(string(failing.Output()), `"outcome":"recovered"`)
	return r
}

// failover is the state machine with some of its steps calling a function that does not exist, and the function of each
// step.
func (l laboratory) failover(without []string) (machine *asl.Machine, owners map[string]string) {
	l.t.Helper()
	m, ok := statemachines.Named("failover")
	if !ok {
		l.t.Fatal("there is no failover")
	}
	values := map[string]string{}
	for _, name := range m.Placeholders() {
		values[name] = l.e.FunctionName(name)
	}
	text, err := m.Substitute(values)
	if err != nil {
		l.t.Fatal(err)
	}
	var definition map[string]any
	if err := json.Unmarshal([]byte(text), &definition); err != nil {
		l.t.Fatal(err)
	}
	owners = map[string]string{}
	each(definition, func(name string, state map[string]any) {
		arguments, _ := state["Arguments"].(map[string]any)
		function, _ := arguments["FunctionName"].(string)
		owners[name] = strings.TrimPrefix(function, l.e.FunctionName(""))
		if slices.Contains(without, name) {
			arguments["FunctionName"] = "taken-away"
		}
	})
	changed, err := json.Marshal(definition)
	if err != nil {
		l.t.Fatal(err)
	}
	if machine, err = asl.Parse("failover", changed); err != nil {
		l.t.Fatal(err)
	}
	return machine, owners
}

// each visits every state of a definition, also inside of branches and maps.
func each(definition map[string]any, visit func(name string, state map[string]any)) {
	states, _ := definition["States"].(map[string]any)
	for name, value := range states {
		state, _ := value.(map[string]any)
		visit(name, state)
		branches, _ := state["Branches"].([]any)
		for _, branch := range branches {
			if inner, ok := branch.(map[string]any); ok {
				each(inner, visit)
			}
		}
		if inner, ok := state["ItemProcessor"].(map[string]any); ok {
			each(inner, visit)
		}
	}
}

// TestWhatTheUnplannedPathUsesIsDeployedInTheRecoveryRegion: the machine, what it calls, their roles and their rights.
func TestWhatTheUnplannedPathUsesIsDeployedInTheRecoveryRegion(t *testing.T) {
	e, templates, _ := world(t)
	account, err := policy.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	recovery := e.Regions.Recovery
	m, _ := statemachines.Named("failover")
	machine, err := account.Machine(recovery, e.MachineName("failover"))
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]*policy.Role{"failover": machine}
	for _, name := range m.Placeholders() {
		if _, isFunction := functions.Named(name); !isFunction {
			continue
		}
		if roles[name], err = account.Function(recovery, e.FunctionName(name)); err != nil {
			t.Error(err)
			delete(roles, name)
			continue
		}
		decision, err := account.Decide(machine, "lambda:InvokeFunction", "arn:aws:lambda:"+recovery+":"+e.Account+":function:"+e.FunctionName(name), nil)
		if err != nil || decision != policy.Allowed {
			t.Errorf("the failover may not call %s in %s: %s %v", name, recovery, decision, err)
		}
	}
	for name, role := range roles {
		for _, right := range ofIdentities(role) {
			if n := listed(e, role, right); n < 0 || !overIdentities[n].looks {
				t.Errorf("%s may %s on %s: no role is created or changed on a recovery path", name, right.action, right.resource)
			}
		}
	}
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::StepFunctions::StateMachine") {
			substitutions, err := json.Marshal(tmpl.Get(id, "DefinitionSubstitutions"))
			if err != nil {
				t.Fatal(err)
			}
			if tmpl.Region == recovery && strings.Contains(string(substitutions), e.Regions.Primary) {
				t.Errorf("state machine %s of %s calls into %s: %s", id, recovery, e.Regions.Primary, substitutions)
			}
		}
	}
}
