package file_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

func production(t interface{ Fatal(...any) }) string {
	text, err := os.ReadFile("../../../environments/production.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// load gives the mistakes of a text.
func load(t *testing.T, text string) file.Mistakes {
	t.Helper()
	_, err := file.Load("e.yaml", []byte(text))
	var mistakes file.Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		t.Fatalf("the error is a %T", err)
	}
	return mistakes
}

func replaced(t *testing.T, from, to string) string {
	t.Helper()
	text := production(t)
	if strings.Count(text, from) == 0 {
		t.Fatalf("production.yaml has no %q", from)
	}
	return strings.Replace(text, from, to, 1)
}

// TestOneMistakeGivesOneLine alters production.yaml in one place each.
func TestOneMistakeGivesOneLine(t *testing.T) {
	for _, c := range []struct{ from, to, field, says string }{
		{"ttl: 60s", "ttl: 90s", "domain.ttl", "90s is over 60 s, so clients would keep the dead region for longer: write 60s or less"},
		{"ttl: 60s", "ttl: 60", "domain.ttl", "60 has no unit"},
		{"ttl: 60s", "ttl: soon", "domain.ttl", `"soon" is not a duration with a unit`},
		{"ttl: 60s", "ttl: 0s", "domain.ttl", "is nothing"},
		{"ttl: 60s", "ttl: [60s]", "domain.ttl", "is a list and not a duration"},
		{"ttl: 60s", "tll: 60s\n  ttl: 60s", "domain.tll", "is not a field"},
		{"  ttl: 60s\n", "", "domain.ttl", "is missing"},
		{"ttl: 60s", "ttl: 60s\n  ttl: 30s", "domain.ttl", "is written twice, first on line"},
		{"ttl: 60s", "ttl: &t 60s", "domain.ttl", "is an anchor or alias"},
		{"ttl: 60s", "ttl: !!str 60s", "domain.ttl", "is a YAML tag"},
		{"recovery: us-west-2", "recovery: us-east-1", "regions.recovery", "equals regions.primary"},
		{"recovery: us-west-2", "recovery: Oregon", "regions.recovery", "is not an AWS region"},
		{"recovery: us-west-2", "recovery: us-gov-west-1", "regions.recovery", "another AWS partition"},
		{"name: threat-hunter", "name: supervisor", "services[1].name", "supervisor is listed twice"},
		{"name: acso.company.com", "name: company.com", "domain.name", "apex"},
		{"name: acso.company.com", "name: acso.company.org", "domain.name", "is not below the zone company.com"},
		{`"111122223333"`, "111122223333", "account", `write it in quotes: "111122223333"`},
		{`"111122223333"`, `"1111"`, "account", "is not an account number"},
		{"backupRetention: 35d", "backupRetention: 36d", "database.backupRetention", "36d is over 35d, which RDS does not allow"},
		{"backupRetention: 35d", "backupRetention: 36h", "database.backupRetention", "is not whole days"},
		{"backupRetention: 35d", "backupRetention: 30d", "backup.database.automated", "35d differs from database.backupRetention (30d)"},
		{"backupWindow: 03:00-04:00", "backupWindow: 03:00-03:20", "database.backupWindow", "lasts 20 minutes"},
		{"backupWindow: 03:00-04:00", "backupWindow: 3am", "database.backupWindow", "is not a window hh:mm-hh:mm"},
		{"tier: standard", "tier: urgent", "services[3].tier", `"urgent" is not a tier`},
		{"tier: standard, desired: 2", "tier: standard, desired: two", "services[3].desired", "is text and not a whole number"},
		{"tier: standard, desired: 2, standby: 1", "tier: standard, desired: 2, standby: 3", "services[3].standby", "is above desired (2)"},
		{"tier: standard, desired: 2, standby: 1", "tier: standard, desired: 2, standby: -1", "services[3].standby", "-1 is not a number of tasks"},
		{"onTimeout: stand-down", "onTimeout: maybe", "policies.approval.onTimeout", `"maybe" is not a policy`},
		{"lag: {limit: 15m}", "lag: {limit: 16m}", "policies.lag.limit", "is over objectives.recoveryPoint.critical"},
		{"backups: acso-production-backups", "backups: ACSO", "buckets.backups", "is not a bucket name"},
		{"data: acso-production-data", "data: acso-production-backups", "buckets.data", "equals buckets.backups"},
		{"identifier: acso-production-db", "identifier: acso--db", "database.identifier", "is not an RDS identifier"},
		{"recovery: alias/acso-production-database", "recovery: arn:aws:kms:us-east-1:111122223333:key/0123", "database.keys.recovery", "the key is in us-east-1 and not in us-west-2"},
		{"recovery: alias/acso-production-database", "recovery: arn:aws:kms:us-west-2:999999999999:key/0123", "database.keys.recovery", "belongs to account 999999999999"},
		{"recovery: alias/acso-production-database", "recovery: arn:aws:iam::1:role/x", "database.keys.recovery", "is not a KMS alias"},
		{"recovery: alias/acso-production-database", "recovery: alias/aws/rds", "database.keys.recovery", "is a key of AWS"},
		{"recovery: alias/acso-production-database", "recovery:", "database.keys.recovery", "is empty and not text"},
		{"snapshotQuota: 700", "snapshotQuota: 100", "backup.snapshotQuota", "100 is under the 512 snapshots"},
		{"parameters: /acso/production", "parameters: /aws/acso", "parameters", "reserves"},
		{"healthPath: /health", "healthPath: health", "domain.healthPath", "is not a path"},
		{"topic: acso-production-on-call", "topic: on call", "contacts.on-call.topic", "is not an SNS topic name"},
		{"availability: 99.9", "availability: 120", "objectives.availability", "120 is not a percentage"},
		{"availability: 99.9", "availability: .nan", "objectives.availability", "is a number and not a number"},
		{"probeTimeout: 5s", "probeTimeout: 5d", "monitoring.probeTimeout", "5d is over 30s"},
		{"incremental: 15m", "incremental: 7m", "backup.data.incremental", "does not divide a day"},
	} {
		text := replaced(t, c.from, c.to)
		found := load(t, text)
		if len(found) != 1 || found[0].Field != c.field || !strings.Contains(found[0].String(), c.says) {
			t.Errorf("%q: got\n%v\nwant one line on %s that says %q", c.to, found, c.field, c.says)
			continue
		}
		if strings.Count(found[0].String(), "\n") > 0 || !strings.HasPrefix(found[0].String(), "e.yaml:") {
			t.Errorf("%q gives %q", c.to, found[0])
		}
	}
}

func TestAMistakeNamesItsLine(t *testing.T) {
	text := replaced(t, "ttl: 60s", "ttl: 90s")
	before, _, _ := strings.Cut(text, "ttl: 90s")
	found := load(t, text)
	if len(found) != 1 || found[0].Line != strings.Count(before, "\n")+1 {
		t.Errorf("got %v, the TTL is on line %d", found, strings.Count(before, "\n")+1)
	}
}

func TestAllMistakesAtOnceByLine(t *testing.T) {
	text := production(t)
	for _, change := range [][2]string{{"ttl: 60s", "ttl: 2h"}, {"recovery: us-west-2", "recovery: us-east-1"}, {"tier: standard", "tier: x"}, {"coolDown: 1h", "coolDown: 1"}} {
		text = strings.Replace(text, change[0], change[1], 1)
	}
	found := load(t, text)
	var fields []string
	for _, m := range found {
		fields = append(fields, m.Field)
	}
	if want := []string{"regions.recovery", "domain.ttl", "services[3].tier", "policies.coolDown"}; !slices.Equal(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
	if !slices.IsSortedFunc(found, func(a, b file.Mistake) int { return a.Line - b.Line }) {
		t.Errorf("not by line: %v", found)
	}
}

func TestWhatIsNoEnvironmentIsOneLine(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":         {"", "the file is empty"},
		"comments only": {"# nothing\n", "the file is empty"},
		"null":          {"null\n", "the file holds empty and not fields"},
		"list":          {"- a\n- b\n", "the file holds a list and not fields"},
		"text":          {"hello\n", "the file holds text and not fields"},
		"two documents": {production(t) + "\n---\nname: x\n", "a second document begins here"},
		"tabs":          {"regions:\n\tprimary: us-east-1\n", "spaces"},
		"open bracket":  {"services: [a, b\n", "not YAML"},
		"open quote":    {"name: \"x\n", "not YAML"},
		"too large":     {strings.Repeat("#", file.Longest+1), "an environment at most"},
	} {
		found := load(t, c.text)
		if len(found) != 1 || !strings.Contains(found[0].String(), c.says) {
			t.Errorf("%s: got %v, want one line that says %q", name, found, c.says)
		}
	}
}

func TestAFileThatIsNotThereIsAnError(t *testing.T) {
	if _, err := file.Read("no/such/file.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestJSONCarriesTheSameEnvironment(t *testing.T) {
	e, err := file.Load("production.yaml", []byte(production(t)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := environment.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"ttl":"1m"`) {
		t.Errorf("durations are not text: %s", text)
	}
	again, err := environment.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	second, err := environment.Encode(again)
	if err != nil || string(second) != string(text) {
		t.Errorf("%v: wrote\n%s then\n%s", err, text, second)
	}
	for name, broken := range map[string]string{
		"unknown field": strings.Replace(string(text), `"name"`, `"nom"`, 1),
		"broken rule":   strings.Replace(string(text), `"ttl":"1m"`, `"ttl":"2m"`, 1),
		"two values":    string(text) + string(text),
		"no unit":       strings.Replace(string(text), `"ttl":"1m"`, `"ttl":60`, 1),
	} {
		if _, err := environment.Decode([]byte(broken)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(production(f)))
	for _, text := range []string{"", "a: &a [*a]", "<<: {a: b}", "? [a]\n: b", "services: [{}]", "a:\n\t- b", "!!map {}", "--- |\n x", "name: {}\nname: []"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := file.Load("e.yaml", text)
		if (e == nil) == (err == nil) {
			t.Fatalf("environment %v with error %v", e, err)
		}
		var mistakes file.Mistakes
		if err != nil && (!errors.As(err, &mistakes) || len(strings.Split(err.Error(), "\n")) != len(mistakes)) {
			t.Fatalf("not one line a mistake: %q", err)
		}
	})
}
