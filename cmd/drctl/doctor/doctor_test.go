package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/world"
)

func production(t *testing.T) *environment.Environment {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// goodTools prints what the tools of a good machine print.
func goodTools(_ context.Context, name string, _ ...string) (string, error) {
	return map[string]string{"go": "go version go1.26.8 linux/arm64", "node": "v22.11.0", "npx": "2.1030.0 (build 1a2b3c)"}[name], nil
}

// examine gives the checks that did not pass, after the lab's account was prepared.
func examine(t *testing.T, prepare func(*world.World)) map[string]Check {
	t.Helper()
	e := production(t)
	w, err := Laboratory(e)
	if err != nil {
		t.Fatal(err)
	}
	w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
	if prepare != nil {
		prepare(w)
	}
	w.Cloud.Observe(func(r cloud.Record) {
		if r.Caller == Caller && r.Mutating {
			t.Errorf("the doctor called %s, which changes something", r.Operation)
		}
	})
	d := &Doctor{Environment: e, Tool: goodTools}
	checks := d.ExamineLab(context.Background(), w)
	if len(checks) != 19 {
		t.Fatalf("%d checks: %+v", len(checks), checks)
	}
	found := map[string]Check{}
	for _, c := range checks {
		if c.Result != Pass {
			found[c.Name] = c
			if c.Todo == "" {
				t.Errorf("%s did not pass and says nothing to do", c.Name)
			}
		}
	}
	if Ready(checks) != (len(found) == 0) {
		t.Errorf("ready: %t with %v", Ready(checks), found)
	}
	return found
}

func TestAHealthyAccountIsReady(t *testing.T) {
	if found := examine(t, nil); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(*world.World)
		check   string
		result  Result
		words   []string
	}{
		{"not bootstrapped", func(w *world.World) {
			w.Cloud.Inject(cloud.Fault{Operation: "SSM.GetParameter", Effect: cloud.Throttled})
		}, "bootstrap of us-west-2", Unknown, []string{"Rate exceeded"}},
		{"too small a quota", func(w *world.World) { w.RDS.SetSnapshotQuota("us-west-2", 100) }, "snapshot quota of us-west-2", Fail, []string{"raise", "L-272F1212"}},
		{"too small another quota", func(w *world.World) { w.Quotas.Set("us-west-2", "lambda", "L-B99A9384", 10) }, "quota of Lambda in us-west-2: Concurrent executions", Fail, []string{"100 are needed of 10", "request-service-quota-increase --region us-west-2 --service-code lambda --quota-code L-B99A9384"}},
		{"a quota that may not be read", func(w *world.World) {
			w.Cloud.Inject(cloud.Fault{Operation: "Service Quotas.GetServiceQuota", Effect: cloud.Throttled})
		}, "quota of Lambda in us-east-1: Concurrent executions", Unknown, []string{"servicequotas:GetServiceQuota"}},
		{"a first deployment that was left at that", func(w *world.World) {
			e := w.Env
			w.S3.Configure(e.BucketIn(e.Regions.Recovery, e.Buckets.Backups), nil, nil)
		}, "replication of the buckets of us-west-2", Fail, []string{"is not replicated to us-east-1", "without -c first-deployment=yes"}},
		{"a region that does not answer", func(w *world.World) { w.Cloud.Kill("us-east-1") }, "incident in us-east-1", Unknown, nil},
		{"an open incident", func(w *world.World) {
			w.Cloud.Kill("us-east-1")
			w.Sim.Run(w.Sim.Now().Add(5*time.Minute), nil)
		}, "incident in us-west-2", Fail, []string{"is open since", "execution"}},
		{"an owed fence", func(w *world.World) {
			w.Cloud.Kill("us-east-1")
			w.Sim.Run(w.Sim.Now().Add(2*time.Hour), nil)
		}, "incident in us-west-2", Fail, []string{"the fence of us-east-1 is owed", "probe"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, wrong := examine(t, row.prepare)[row.check]
			if !wrong || c.Result != row.result {
				t.Fatalf("%s is %+v, want %s", row.check, c, row.result)
			}
			for _, word := range row.words {
				if !strings.Contains(c.Detail+c.Todo, word) {
					t.Errorf("it does not say %q: %+v", word, c)
				}
			}
		})
	}
}

func TestTools(t *testing.T) {
	for _, row := range []struct {
		output string
		err    error
		want   Result
	}{
		{"go version go1.26.8 linux/arm64", nil, Pass}, {"go version go2.0.1", nil, Pass}, {"go version go1.25.1", nil, Fail},
		{"", errors.New("executable file not found"), Fail}, {"welcome", nil, Unknown},
	} {
		d := &Doctor{Tool: func(context.Context, string, ...string) (string, error) { return row.output, row.err }}
		if c := d.tool(context.Background(), needed[0]); c.Result != row.want || (c.Result == Pass) != (c.Todo == "") {
			t.Errorf("%q, %v is %+v, want %s", row.output, row.err, c, row.want)
		}
	}
}

func TestWithoutCredentialsNothingIsAsked(t *testing.T) {
	d := &Doctor{Environment: production(t), Tool: goodTools, Clock: wall{}, Config: func(_ context.Context, region string) (aws.Config, error) {
		if region == "us-east-1" {
			return aws.Config{}, errors.New("no profile")
		}
		return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("", "", "")}, nil
	}}
	for _, c := range d.Examine(context.Background()) {
		if !strings.HasPrefix(c.Name, "tool") && c.Result == Pass {
			t.Errorf("%+v passed without credentials", c)
		}
	}
}

// TestWithoutTemplatesTheNeedsAreUnknown: nobody may take a quota for enough whose need was not computed.
func TestWithoutTemplatesTheNeedsAreUnknown(t *testing.T) {
	d := &Doctor{Environment: production(t), Assembly: t.TempDir()}
	checks := d.quotas(context.Background(), aws.Config{}, "us-east-1")
	if len(checks) != 1 || checks[0].Result != Unknown || !strings.Contains(checks[0].Todo, "go run . -c environment=production") {
		t.Errorf("%+v", checks)
	}
}

// TestTheRegionOfTheNamesIsExaminedToo: the names' stack is in us-east-1 whatever the pair is, and CDK has to be there.
func TestTheRegionOfTheNamesIsExaminedToo(t *testing.T) {
	e := production(t)
	e.Regions.Primary, e.Regions.Recovery = "eu-west-1", "eu-central-1"
	d := &Doctor{Environment: e, Tool: goodTools, Clock: wall{}, Config: func(context.Context, string) (aws.Config, error) {
		return aws.Config{}, errors.New("no profile")
	}}
	asked := map[string]bool{}
	for _, c := range d.Examine(context.Background()) {
		asked[c.Name] = true
	}
	for _, name := range []string{"credentials for eu-west-1", "account in eu-central-1", "credentials for us-east-1", "account in us-east-1"} {
		if !asked[name] {
			t.Errorf("no check is called %s: %v", name, asked)
		}
	}
}
