package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/stacks/policy"
	"github.com/acso/disaster-recovery/stacks/template"
)

// trigger is a schedule or the target of a rule: what fires, what it fires, and as whom.
type trigger struct {
	name, region, target, role, dead string
	byRule                           bool
}

// TestWhatFiresMayFireThatAndNothingElse: the roles of schedules and rules, both ways. A right too many could start what
// nobody scheduled; one too few is a schedule that fails every time.
func TestWhatFiresMayFireThatAndNothingElse(t *testing.T) {
	templates := deployed(t)
	account, err := policy.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	fired := triggers(templates)
	if len(fired) < 20 {
		t.Fatalf("only %d schedules and rules were found", len(fired))
	}
	used := map[string]bool{}
	for _, f := range fired {
		if f.role == "" {
			if !invokable(templates, f) {
				t.Errorf("%s in %s: it has no role, and no permission of %s lets it in", f.name, f.region, f.target)
			}
			continue
		}
		used[f.region+" "+f.role] = true
		role := account.ByARN(f.region, f.role)
		if role == nil {
			t.Errorf("%s in %s: no template has its role %s", f.name, f.region, f.role)
			continue
		}
		want := []right{{action(f.target), f.target}}
		if !f.byRule { // EventBridge puts a rule's dead letters by the queue's policy, and Scheduler by the role
			want = append(want, right{"sqs:SendMessage", f.dead})
		}
		got := rights(role)
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s in %s may not %s on %s", f.name, f.region, w.action, w.resource)
			}
		}
		for _, g := range got {
			if !slices.Contains(want, g) {
				t.Errorf("extra: %s in %s may %s on %s", f.name, f.region, g.action, g.resource)
			}
		}
	}
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::IAM::Role") {
			trust, err := policy.Read(tmpl.Get(id, "AssumeRolePolicyDocument"))
			if err != nil {
				t.Fatal(err)
			}
			arn := fmt.Sprint(tmpl.Resolve(map[string]any{"Fn::GetAtt": []any{id, "Arn"}}))
			for _, s := range trust {
				fires := slices.Contains(s.Principals, "scheduler.amazonaws.com") || slices.Contains(s.Principals, "events.amazonaws.com")
				if fires && !used[tmpl.Region+" "+arn] {
					t.Errorf("%s in %s: role %s fires nothing", tmpl.Stack, tmpl.Region, id)
				}
			}
		}
	}
}

// action is what firing a target takes.
func action(target string) string {
	switch {
	case strings.Contains(target, ":stateMachine:"):
		return "states:StartExecution"
	case strings.Contains(target, ":event-bus/"):
		return "events:PutEvents"
	}
	return "lambda:InvokeFunction"
}

func triggers(templates []*template.Template) []trigger {
	var all []trigger
	text := func(v any, key string) string {
		object, _ := v.(map[string]any)
		value, _ := object[key].(string)
		return value
	}
	dead := func(v any) string {
		object, _ := v.(map[string]any)
		return text(object["DeadLetterConfig"], "Arn")
	}
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::Scheduler::Schedule") {
			target := tmpl.Get(id, "Target")
			all = append(all, trigger{tmpl.Text(id, "Name"), tmpl.Region, text(target, "Arn"), text(target, "RoleArn"), dead(target), false})
		}
		for _, id := range tmpl.Of("AWS::Events::Rule") {
			targets, _ := tmpl.Get(id, "Targets").([]any)
			for _, target := range targets {
				all = append(all, trigger{tmpl.Text(id, "Name"), tmpl.Region, text(target, "Arn"), text(target, "RoleArn"), dead(target), true})
			}
		}
	}
	return all
}

// invokable tells whether the function lets the rule in.
func invokable(templates []*template.Template, f trigger) bool {
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::Lambda::Permission") {
			source := tmpl.Text(id, "SourceArn")
			if tmpl.Region == f.region && tmpl.Text(id, "FunctionName") == f.target && tmpl.Text(id, "Principal") == "events.amazonaws.com" && strings.HasSuffix(source, ":rule/"+f.name) {
				return true
			}
		}
	}
	return false
}

// TestEveryFunctionAndMachineThatFiresExists: a schedule without a target would fail every time, and nobody would know why.
func TestEveryFunctionAndMachineThatFiresExists(t *testing.T) {
	templates := deployed(t)
	exists := map[string]bool{}
	for _, tmpl := range templates {
		for _, id := range tmpl.Of("AWS::Lambda::Function") {
			exists["arn:aws:lambda:"+tmpl.Region+":"+tmpl.Account+":function:"+tmpl.Text(id, "FunctionName")] = true
		}
		for _, id := range tmpl.Of("AWS::StepFunctions::StateMachine") {
			exists["arn:aws:states:"+tmpl.Region+":"+tmpl.Account+":stateMachine:"+tmpl.Text(id, "StateMachineName")] = true
		}
	}
	for _, f := range triggers(templates) {
		if !strings.Contains(f.target, ":event-bus/") && !exists[f.target] {
			t.Errorf("%s in %s fires %s, which no template has", f.name, f.region, f.target)
		}
	}
}

// deployed gives a test that needs no recorded calls the templates.
func deployed(t *testing.T) []*template.Template {
	t.Helper()
	templates, err := synthesised()
	if err != nil {
		if strings.Contains(err.Error(), "Node.js") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return templates
}
