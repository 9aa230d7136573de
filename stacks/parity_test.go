package stacks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/statemachines"
)

// lab is the world that the drills begin with, with the schedules that a normal day has.
func lab(t *testing.T) *world.World {
	t.Helper()
	e := named(t, "production")
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := world.ParseMachines(e)
	if err != nil {
		t.Fatal(err)
	}
	return world.New(world.Options{Seed: 1, Environment: e, Evaluator: evaluator, Machines: machines, Scheduled: true, Checkers: true})
}

// same reports what is in one of two sets only.
func same(t *testing.T, what string, templates, lab []string) {
	t.Helper()
	if len(lab) == 0 {
		t.Errorf("the lab has no %s: the comparison would hold nothing", what)
	}
	for _, name := range templates {
		if !slices.Contains(lab, name) {
			t.Errorf("%s %s is deployed and the lab does not run it", what, name)
		}
	}
	for _, name := range lab {
		if !slices.Contains(templates, name) {
			t.Errorf("%s %s runs in the lab and is not deployed", what, name)
		}
	}
}

// deployed describes the resources of a type, each by its region and what describe makes of it.
func (a *assembly) deployed(kind string, describe func(region string, p map[string]any) string) []string {
	var all []string
	for at, r := range a.of(kind) {
		stack, _, _ := strings.Cut(at, "/")
		region := stack[strings.Index(stack, "-")+1:]
		if text := describe(region, r.Properties); text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}

func TestFunctionsAreThoseOfTheLab(t *testing.T) {
	account := named(t, "production").Account
	same(t, "function", synthesised(t).deployed("AWS::Lambda::Function", func(region string, p map[string]any) string {
		name, is := p["FunctionName"].(string)
		if !is {
			return "" // CDK's own, for references between regions
		}
		return "arn:aws:lambda:" + region + ":" + account + ":function:" + name
	}), lab(t).Lambda.Functions())
}

func TestFunctionsAreAsTheRegistrySays(t *testing.T) {
	e := named(t, "production")
	found := 0
	for at, r := range synthesised(t).of("AWS::Lambda::Function") {
		name, is := r.Properties["FunctionName"].(string)
		if !is {
			continue
		}
		found++
		f, known := functions.Named(strings.TrimPrefix(name, e.Prefix()+"-"))
		if !known {
			t.Errorf("%s: the registry has no such function", at)
			continue
		}
		if r.Properties["Timeout"] != f.Timeout.Seconds() || r.Properties["MemorySize"] != float64(f.MemoryMB) {
			t.Errorf("%s: time-out %v s and memory %v MB, and the registry says %v and %d", at, r.Properties["Timeout"], r.Properties["MemorySize"], f.Timeout, f.MemoryMB)
		}
		var reserved any
		if f.Concurrency > 0 {
			reserved = float64(f.Concurrency)
		}
		if r.Properties["ReservedConcurrentExecutions"] != reserved {
			t.Errorf("%s: reserves %v executions, and the registry says %d", at, r.Properties["ReservedConcurrentExecutions"], f.Concurrency)
		}
		if !reflect.DeepEqual(r.Properties["Architectures"], []any{"arm64"}) || r.Properties["Runtime"] != "provided.al2023" || r.Properties["DeadLetterConfig"] == nil {
			t.Errorf("%s: not arm64 on provided.al2023 with a dead-letter queue", at)
		}
	}
	if want := 2 * len(functions.All()); found != want {
		t.Errorf("%d functions are deployed, not %d", found, want)
	}
}

func TestMachinesAreThoseOfTheLab(t *testing.T) {
	account := named(t, "production").Account
	same(t, "state machine", synthesised(t).deployed("AWS::StepFunctions::StateMachine", func(region string, p map[string]any) string {
		return fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%v", region, account, p["StateMachineName"])
	}), lab(t).States.Machines())
}

// TestMachinesAreTheirFiles compares the deployed text with the file's, and every placeholder's value with what exists.
func TestMachinesAreTheirFiles(t *testing.T) {
	e := named(t, "production")
	a := synthesised(t)
	exists := slices.Concat(lab(t).Lambda.Functions(), lab(t).States.Machines(), []string{watching.Namespace(e)})
	for at, r := range a.of("AWS::StepFunctions::StateMachine") {
		m, known := statemachines.Named(strings.TrimPrefix(r.Properties["StateMachineName"].(string), e.Prefix()+"-"))
		if !known || r.Properties["DefinitionString"] != m.Definition {
			t.Errorf("%s is not the text of its file", at)
		}
		values, _ := r.Properties["DefinitionSubstitutions"].(map[string]any)
		if got := slices.Sorted(maps.Keys(values)); !slices.Equal(got, m.Placeholders()) {
			t.Errorf("%s substitutes %v, and the file has %v", at, got, m.Placeholders())
		}
		for name, value := range values {
			if !slices.Contains(exists, value.(string)) {
				t.Errorf("%s: ${%s} is %v, which nothing deploys", at, name, value)
			}
		}
		if logging, _ := r.Properties["LoggingConfiguration"].(map[string]any); logging["Level"] != "ALL" {
			t.Errorf("%s does not log everything", at)
		}
	}
}

func TestSchedulesAreThoseOfTheLab(t *testing.T) {
	w := lab(t)
	var theirs []string
	for _, region := range w.Cloud.Regions() {
		for _, s := range w.Scheduler.Schedules(region) {
			if strings.Contains(s.TargetARN, ":stateMachine:") && !slices.Contains(w.States.Machines(), s.TargetARN) {
				t.Errorf("schedule %s in %s starts %s, which does not exist", s.Name, region, s.TargetARN)
			}
			theirs = append(theirs, fmt.Sprintf("%s %s %s to %s, disabled %t, input %s", region, s.Name, s.Expression, s.TargetARN, s.Disabled, s.Input))
		}
	}
	same(t, "schedule", synthesised(t).deployed("AWS::Scheduler::Schedule", func(region string, p map[string]any) string {
		target := p["Target"].(map[string]any)
		input, _ := target["Input"].(string)
		if p["ScheduleExpressionTimezone"] != "UTC" {
			t.Errorf("schedule %v is not in UTC, as the lab's are", p["Name"])
		}
		return fmt.Sprintf("%s %v %v to %v, disabled %t, input %s", region, p["Name"], p["ScheduleExpression"], target["Arn"], p["State"] == "DISABLED", input)
	}), theirs)
}

// TestRulesAreThoseOfTheLab compares names, patterns and states.
func TestRulesAreThoseOfTheLab(t *testing.T) {
	w := lab(t)
	var theirs []string
	for _, region := range w.Cloud.Regions() {
		for _, r := range w.Events.Rules(region) {
			theirs = append(theirs, fmt.Sprintf("%s %s disabled %t %s", region, r.Name, r.Disabled, canonical(t, r.Pattern)))
		}
	}
	same(t, "rule", synthesised(t).deployed("AWS::Events::Rule", func(region string, p map[string]any) string {
		text, err := json.Marshal(p["EventPattern"])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %v disabled %t %s", region, p["Name"], p["State"] == "DISABLED", canonical(t, string(text)))
	}), theirs)
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestAlarmsAreThoseOfTheLab compares the alarms on which something acts or which judge backups. Those that the constructs
// add (errors, failed executions, dead letters) only tell a person, and the lab has none of them.
func TestAlarmsAreThoseOfTheLab(t *testing.T) {
	w := lab(t)
	type definition struct {
		Region, Name, Namespace, Metric, Statistic, Comparison, Missing string
		Dimensions                                                      string
		Period, Evaluated, Needed                                       int
		Threshold                                                       float64
	}
	show := func(d definition) string { return fmt.Sprintf("%+v", d) }
	var theirs []string
	for _, region := range w.Cloud.Regions() {
		for _, a := range w.Metrics.Alarms(region) {
			d := definition{
				region, *a.AlarmName, *a.Namespace, *a.MetricName, string(a.Statistic), string(a.ComparisonOperator), aws.ToString(a.TreatMissingData), "",
				int(*a.Period), int(*a.EvaluationPeriods), int(*a.DatapointsToAlarm), *a.Threshold,
			}
			for _, dimension := range a.Dimensions {
				d.Dimensions += *dimension.Name + "=" + *dimension.Value
			}
			theirs = append(theirs, show(d))
		}
	}
	number := func(value any) int { n, _ := value.(float64); return int(n) }
	same(t, "alarm", synthesised(t).deployed("AWS::CloudWatch::Alarm", func(region string, p map[string]any) string {
		namespace, _ := p["Namespace"].(string)
		if slices.Contains([]string{"AWS/Lambda", "AWS/States", "AWS/SQS"}, namespace) {
			return ""
		}
		d := definition{
			region, fmt.Sprint(p["AlarmName"]), namespace, fmt.Sprint(p["MetricName"]), fmt.Sprint(p["Statistic"]), fmt.Sprint(p["ComparisonOperator"]), fmt.Sprint(p["TreatMissingData"]), "",
			number(p["Period"]), number(p["EvaluationPeriods"]), number(p["DatapointsToAlarm"]), p["Threshold"].(float64),
		}
		dimensions, _ := p["Dimensions"].([]any)
		for _, dimension := range dimensions {
			pair := dimension.(map[string]any)
			value := pair["Value"]
			if reference, _ := at(value, "Fn::GetAtt").([]any); len(reference) == 2 {
				value = checked(t, w.Env, fmt.Sprint(reference[0]))
			}
			d.Dimensions += fmt.Sprintf("%v=%v", pair["Name"], value)
		}
		return show(d)
	}), theirs)
}

// checked is a health check of the Dns stack as the lab calls it: AWS chooses its identifier, and its name says the region.
func checked(t *testing.T, e *environment.Environment, id string) string {
	t.Helper()
	check := synthesised(t).stack(t, "dns-us-east-1").Resources[id]
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		if at(check.Properties, "HealthCheckConfig", "FullyQualifiedDomainName") == e.RegionalName(region) {
			return "endpoint-" + region
		}
	}
	return id
}

func TestTablesTopicsAndBucketsAreThoseOfTheLab(t *testing.T) {
	w, a := lab(t), synthesised(t)
	var tables, buckets []string
	for _, region := range w.Cloud.Regions() {
		for _, name := range w.DynamoDB.Tables(region) {
			tables = append(tables, region+" "+name)
		}
	}
	same(t, "table", a.deployed("AWS::DynamoDB::Table", func(region string, p map[string]any) string { return fmt.Sprint(region, " ", p["TableName"]) }), tables)
	same(t, "topic", a.deployed("AWS::SNS::Topic", func(region string, p map[string]any) string { return w.Env.Topic(region, fmt.Sprint(p["TopicName"])) }), w.SNS.Topics())
	for _, b := range w.S3.Buckets() {
		text := fmt.Sprintf("%s %s versioned %t locked %t", b.Region, b.Name, b.Versioned || b.Lock, b.Lock)
		for _, r := range b.Replication {
			text += fmt.Sprintf(" to %s with deletions %t", r.To, r.DeleteMarkers)
		}
		buckets = append(buckets, text)
	}
	same(t, "bucket", a.deployed("AWS::S3::Bucket", func(region string, p map[string]any) string {
		if p["BucketName"] == nil {
			return "" // of access logs and of the trail: AWS's services write them, and nothing of ours knows their names
		}
		text := fmt.Sprintf("%s %v versioned %t locked %t", region, p["BucketName"], at(p, "VersioningConfiguration", "Status") == "Enabled", p["ObjectLockEnabled"] == true)
		rules, _ := at(p, "ReplicationConfiguration", "Rules").([]any)
		for _, rule := range rules {
			text += fmt.Sprintf(" to %s with deletions %t", strings.TrimPrefix(fmt.Sprint(at(rule, "Destination", "Bucket")), "arn:aws:s3:::"), at(rule, "DeleteMarkerReplication", "Status") == "Enabled")
		}
		return text
	}), buckets)
}
