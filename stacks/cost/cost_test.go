package cost_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/stacks/cost"
	"github.com/acso/disaster-recovery/stacks/template"
)

const primary = `{"Resources":{
 "Database":{"Type":"AWS::RDS::DBInstance","Properties":{"DBInstanceClass":"db.t3.large","MultiAZ":true,"AllocatedStorage":"100"}},
 "Step":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"step","MemorySize":512}},
 "Every":{"Type":"AWS::Scheduler::Schedule","Properties":{"ScheduleExpression":"rate(1 minute)","State":"ENABLED","Target":{"Arn":"arn:aws:lambda:us-east-1:1:function:step"}}},
 "Off":{"Type":"AWS::Scheduler::Schedule","Properties":{"ScheduleExpression":"rate(1 minute)","State":"DISABLED","Target":{"Arn":"arn:aws:lambda:us-east-1:1:function:step"}}},
 "Nightly":{"Type":"AWS::Scheduler::Schedule","Properties":{"ScheduleExpression":"nightly","Target":{"Arn":"arn:aws:states:us-east-1:1:stateMachine:backup"}}},
 "Task":{"Type":"AWS::ECS::TaskDefinition","Properties":{"Cpu":"1024","Memory":"2048","Family":"a","RuntimePlatform":{"CpuArchitecture":"ARM64"}}},
 "Scaling":{"Type":"AWS::ApplicationAutoScaling::ScalableTarget","Properties":{"MinCapacity":2,"ResourceId":"service/c/a"}},
 "Check":{"Type":"AWS::Route53::HealthCheck","Properties":{"HealthCheckConfig":{"Type":"HTTPS","RequestInterval":10}}}}}`

const recovery = `{"Resources":{"Replica":{"Type":"AWS::RDS::DBInstance","Properties":{"DBInstanceClass":"db.t3.large"}}}}`

var activity = cost.Activity{
	Firings: func(expression string, hours float64) (float64, error) {
		return map[string]float64{"rate(1 minute)": hours * 60, "nightly": 30}[expression], nil
	},
	Transitions: map[string]float64{"backup": 10},
}

func parse(t *testing.T, text, region string) *template.Template {
	t.Helper()
	parsed, err := template.Parse([]byte(text), "stack", "1", region)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestEstimate(t *testing.T) {
	prices, lines, err := cost.Estimate([]*template.Template{parse(t, recovery, "us-west-2"), parse(t, primary, "us-east-1")}, activity)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, l := range lines {
		got[l.Key+" "+l.Region] = l.Total()
		if l.Source == "" || l.Unit == "" {
			t.Errorf("%s has no source or no unit", l.Key)
		}
	}
	for key, want := range map[string]float64{
		"database us-east-1": 2 * 730 * 0.145, "database us-west-2": 730 * 0.145, "databaseStorage us-east-1": 2 * 100 * 0.115,
		"databaseStorage us-west-2": 100 * 0.115, "lambdaCalls us-east-1": 43800 * 0.0000002, "lambdaTime us-east-1": 43800 * 0.5 * 0.0000133334,
		"transitions us-east-1": 300 * 0.000025, "taskCPU us-east-1": 2 * 730 * 0.03238, "taskMemory us-east-1": 2 * 2 * 730 * 0.00356,
		"healthCheck us-east-1": 0.5, "healthOption us-east-1": 2,
	} {
		if math.Abs(got[key]-want) > 0.0001 {
			t.Errorf("%s costs %.4f, want %.4f", key, got[key], want)
		}
	}
	for _, p := range prices.Prices {
		for class := range p.Seen {
			if _, priced := p.USD[class]; !priced || !p.Seen[class].Made() {
				t.Errorf("%s was seen as class %q, which has no price, or on no page", p.Key, class)
			}
		}
	}
	page := cost.Page("acso-test", prices, lines)
	// Nobody confirmed the prices of the instances, of capacity units, and of a check's options; of the rest here, somebody did.
	if unseen := "prices for $" + fmt.Sprintf("%.2f", 3*730*0.145+2*730*0.008+2) + " of the sum are **not confirmed**"; !strings.Contains(page, unseen) {
		t.Errorf("it does not say %q:\n%s", unseen, page)
	}
	if !strings.Contains(page, "Database instance db.t3.large") || strings.Contains(page, "{class}") || !strings.Contains(page, prices.Read) {
		t.Error(page)
	}
}

// TestWhatHasNoPriceIsNotFree: an estimate that leaves something out without a word is worse than none.
func TestWhatHasNoPriceIsNotFree(t *testing.T) {
	for text, missing := range map[string]string{
		strings.ReplaceAll(primary, "db.t3.large", "db.x9.huge"):                   "db.x9.huge",
		strings.ReplaceAll(primary, ":stateMachine:backup", ":stateMachine:other"): "other",
		strings.ReplaceAll(primary, `"ARM64"`, `"RISCV"`):                          "RISCV",
	} {
		if _, _, err := cost.Estimate([]*template.Template{parse(t, text, "us-east-1")}, activity); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", missing, err)
		}
	}
}
