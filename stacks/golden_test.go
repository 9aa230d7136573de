package stacks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/statemachines"
)

// digest is the hash in an asset's name. A golden template shows what is deployed, and not which build.
var digest = regexp.MustCompile(`[0-9a-f]{64}`)

// blanked is the text of a template as the golden files have it: indented, without the hashes of assets, and with the name of a state
// machine's file in place of its text, which TestMachinesAreTheirFiles compares.
func blanked(text string) string {
	for _, m := range statemachines.All() {
		quoted, err := json.Marshal(m.Definition)
		if err != nil {
			panic(err) // a string
		}
		text = strings.ReplaceAll(text, unescaped(string(quoted)), `"statemachines/`+m.Name+`.asl.json"`)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", " "); err != nil {
		panic(err) // it was read as JSON before
	}
	return digest.ReplaceAllString(indented.String(), "HASH")
}

// unescaped is JSON as Node.js writes it, which escapes none of <, > and &.
func unescaped(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(text)
}

func TestGoldenTemplates(t *testing.T) {
	const directory = "testdata/production"
	if *update {
		if err := os.RemoveAll(directory); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	written := map[string]bool{}
	for _, template := range synthesised(t).templates {
		file := filepath.Join(directory, template.Stack+".json")
		written[file] = true
		if *update {
			if err := os.WriteFile(file, []byte(blanked(template.Text)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: run go test ./stacks -update", err)
		}
		if got := blanked(template.Text); got != string(want) {
			t.Errorf("stack %s differs from %s: review it with go test ./stacks -update and git diff\n%s", template.Stack, file, firstDifference(got, string(want)))
		}
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !written[file] {
			t.Errorf("%s is of no stack: run go test ./stacks -update", file)
		}
	}
}

func firstDifference(got, want string) string {
	lines := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			return "first difference: " + strings.TrimSpace(line)
		}
	}
	return "it is shorter"
}

// exercise is a throwaway environment in production's own account, as a recovery exercise makes it: everything named after
// it, nothing shared with the system that it stands in for.
func exercise(t *testing.T) *environment.Environment {
	t.Helper()
	e := *named(t, "production")
	e.Name = "exercise-2026-11-14"
	e.Domain.Name = "acso-exercise.company.com"
	e.Database.Identifier, e.Database.Replica = "acso-exercise-db", "acso-exercise-db-replica"
	e.Database.Keys = environment.Keys{Primary: "alias/acso-exercise-database", Recovery: "alias/acso-exercise-database"}
	e.Buckets = environment.Buckets{Backups: "acso-exercise-backups", Data: "acso-exercise-data", Compliance: "acso-exercise-compliance-reports"}
	e.Parameters = "/acso/exercise"
	// It runs production's images: how images are replicated is one setting for all repositories of an account and region.
	var images []environment.ExistingImage
	for _, s := range e.Services {
		images = append(images, environment.ExistingImage{Name: s.Name, Repository: "acso-production/" + s.Name})
	}
	e.Imports.Primary.Images, e.Imports.Recovery.Images = images, images
	c := &e.Contacts
	for _, contact := range []*environment.Contact{
		&c.OnCall, &c.IncidentCommander, &c.TechnicalLead, &c.CommunicationsLead, &c.BusinessContinuityManager, &c.Management,
		&c.CustomerSuccess, &c.KeyCustomers, &c.StatusPage, &c.Customers, &c.Stakeholders,
	} {
		contact.Topic = strings.Replace(contact.Topic, "production", "exercise", 1)
	}
	if mistakes := e.Check(); len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return &e
}

// nameProperties are the properties by which resources of an account are told apart.
var nameProperties = []string{
	"AlarmName", "AliasName", "BucketName", "ClusterName", "DashboardName", "DBInstanceIdentifier", "FunctionName", "LogGroupName", "ManagedPolicyName", "Name",
	"RepositoryName", "RoleName", "ServiceName", "StateMachineName", "TableName", "TopicName", "TrailName", "QueueName",
}

// singletons are the resources of which an account and region has one, whoever makes it.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-settings-configure.html
var singletons = []string{"AWS::ECR::ReplicationConfiguration", "AWS::ECR::RegistryPolicy"}

const ofTheAccount = " of the account"

// names are the names that an environment takes in the account, with the region for all but what is global.
func (a *assembly) names() map[string]string {
	taken := map[string]string{}
	for _, t := range a.templates {
		for id, r := range t.Resources {
			if r.Type == "AWS::Route53::RecordSet" {
				continue // the records of a failover pair share a name; see TestEnvironmentsShareNoName
			}
			for _, property := range nameProperties {
				if name, is := r.Properties[property].(string); is {
					taken[t.Stack+" "+r.Type+" "+name] = id
				}
			}
			if slices.Contains(singletons, r.Type) {
				taken[t.Stack+" "+r.Type+ofTheAccount] = id
			}
		}
	}
	return taken
}

func TestEnvironmentsShareNoName(t *testing.T) {
	all := map[string]*assembly{"production": synthesised(t)}
	accounts := map[string]string{"production": named(t, "production").Account}
	for name, e := range map[string]*environment.Environment{"test": named(t, "test"), "exercise": exercise(t)} {
		a, err := synthesise(e)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(a.templates) != len(all["production"].templates) {
			t.Errorf("%s has %d stacks and production %d", name, len(a.templates), len(all["production"].templates))
		}
		all[name], accounts[name] = a, e.Account
	}
	if accounts["exercise"] != accounts["production"] || accounts["test"] == accounts["production"] {
		t.Errorf("the accounts are %v", accounts)
	}
	seen := map[string]string{}
	for name, a := range all {
		names := a.names()
		if len(names) < 100 {
			t.Errorf("%s has only %d names: does the test still find them?", name, len(names))
		}
		for taken := range names {
			if strings.HasSuffix(taken, ofTheAccount) {
				taken = accounts[name] + " " + taken
			}
			if other, clash := seen[taken]; clash {
				t.Errorf("%s and %s both make %s", name, other, taken)
			}
			seen[taken] = name
		}
		for id, alarm := range a.of("AWS::CloudWatch::Alarm") {
			if namespace := fmt.Sprint(alarm.Properties["Namespace"]); strings.HasPrefix(namespace, "ACSO/") {
				stack, _, _ := strings.Cut(id, "/")
				metric := fmt.Sprint(accounts[name], " ", stack, " ", namespace, " ", alarm.Properties["MetricName"], alarm.Properties["Dimensions"])
				if other, clash := seen[metric]; clash && other != name {
					t.Errorf("%s and %s both watch %s", name, other, metric)
				}
				seen[metric] = name
			}
		}
		for id, record := range a.of("AWS::Route53::RecordSet") {
			for other, b := range all {
				for _, theirs := range b.of("AWS::Route53::RecordSet") {
					if other != name && record.Properties["Name"] == theirs.Properties["Name"] {
						t.Errorf("%s and %s both answer for %v (%s)", name, other, record.Properties["Name"], id)
					}
				}
			}
		}
	}
}

func TestTwoSynthesesAreIdentical(t *testing.T) {
	again, err := synthesise(named(t, "test"))
	if err != nil {
		t.Fatal(err)
	}
	once, err := synthesise(named(t, "test"))
	if err != nil {
		t.Fatal(err)
	}
	for i, template := range once.templates {
		if template.Text != again.templates[i].Text {
			t.Errorf("stack %s: %s", template.Stack, firstDifference(template.Text, again.templates[i].Text))
		}
	}
	for _, file := range []string{"manifest.json", "recovery-us-west-2.assets.json"} {
		first, err := os.ReadFile(filepath.Join(once.directory, file))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(again.directory, file))
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Errorf("%s differs: %s", file, firstDifference(string(first), string(second)))
		}
	}
}

func TestEveryEnvironmentFileSynthesises(t *testing.T) {
	if names := strings.Join(environments.Names(), " "); names != "production test" {
		t.Errorf("environments %s: add them to TestEnvironmentsShareNoName", names)
	}
}
