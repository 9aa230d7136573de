package quota_test

import (
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/stacks/quota"
	"github.com/acso/disaster-recovery/stacks/template"
)

const sample = `{"Resources":{
 "Task":{"Type":"AWS::ECS::TaskDefinition","Properties":{"Cpu":"1024","Family":"acso-a"}},
 "Scaling":{"Type":"AWS::ApplicationAutoScaling::ScalableTarget","Properties":{"MaxCapacity":7,"ResourceId":"service/cluster/acso-a"}},
 "One":{"Type":"AWS::Lambda::Function","Properties":{"ReservedConcurrentExecutions":1}},
 "Machine":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":"{\"States\":{\"Each\":{\"MaxConcurrency\":40,\"ItemProcessor\":{\"States\":{\"P\":{\"Branches\":[{\"States\":{}},{\"States\":{}},{\"States\":{}}]}}}}}}"}},
 "Role":{"Type":"AWS::IAM::Role","Properties":{}}}}`

func TestNeeds(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	var templates []*template.Template
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		parsed, err := template.Parse([]byte(sample), "stack", e.Account, region)
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, parsed)
	}
	_, rows, err := quota.Rows(e, templates)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]quota.Row{}
	for _, row := range rows {
		seen[row.Service+" "+row.Name] = row
		if row.Source == "" || row.Default == 0 || len(row.Needs) == 0 {
			t.Errorf("%s %s is not complete: %+v", row.Service, row.Name, row)
		}
	}
	for name, want := range map[string]int{
		"Fargate On-Demand vCPUs": 7, "Lambda Concurrent executions": 121, "RDS DB instances": 2, "CloudFormation Resources of one stack": 5,
	} {
		if got := seen[name].Needs[e.Regions.Recovery]; got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if got := seen["IAM Roles"].Needs["account"]; got != 2 {
		t.Errorf("%d roles in the account, want those of both regions", got)
	}
	if seen["RDS Manual DB instance snapshots"].Enough() || seen["Fargate On-Demand vCPUs"].Enough() {
		t.Error("a need above the default counts as covered")
	}
	page, err := quota.Page(e, templates)
	if err != nil || !strings.Contains(page, "**raise**") || !strings.Contains(page, "10,000,000") || !strings.Contains(page, "**not confirmed**") || !strings.Contains(page, "[AWS](https://docs.aws.amazon.com/scheduler/") {
		t.Errorf("%v in %s", err, page)
	}
}
