package backupconfig_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/backupconfig"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/world"
)

// begin is production in the lab, without what schedules and machines would do by themselves.
func begin(t *testing.T) *world.World {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(world.Options{Seed: 1, Environment: e})
	w.Traffic.Stop()
	w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
	return w
}

// call invokes the function in the primary region, as a machine does, with its own grants.
func call(t *testing.T, w *world.World, input string) (out backupconfig.Output, kind string) {
	t.Helper()
	done := false
	e := w.Env
	w.Lambda.Invoke(w.Lambda.ARN(e.Regions.Primary, e.FunctionName("backupconfig")), json.RawMessage(input), func(answer json.RawMessage, err *lambda.Error) {
		if done = true; err != nil {
			kind = err.Type
		} else if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatal(err)
		}
	})
	w.Sim.Run(w.Sim.Now().Add(20*time.Minute), func() bool { return done })
	return out, kind
}

func TestNoSecretIsStoredInTheClear(t *testing.T) {
	w := begin(t)
	out, kind := call(t, w, "{}")
	if kind != "" || out.Point == nil || out.Point.Objects != 1 {
		t.Fatalf("%+v, %s", out, kind)
	}
	secrets := w.SecretsInTheClear(w.Env.Regions.Primary)
	if len(secrets) == 0 {
		t.Fatal("there are no secrets to hide")
	}
	for _, o := range w.S3.Objects(w.Env.Buckets.Backups) {
		for _, secret := range secrets {
			if strings.Contains(string(o.Body), secret) {
				t.Errorf("%s holds %q", o.Key, secret)
			}
		}
	}
}

func TestTheCopyIsTheTreeButForWhatIsARegionsOwn(t *testing.T) {
	w := begin(t)
	e := w.Env
	w.SSM.Put(e.Regions.Recovery, e.Parameters+"/only-here", "x", types.ParameterTypeString, "")
	out, kind := call(t, w, `{"action":"copy"}`)
	if kind != "" || out.Copy.Written == 0 || len(out.Copy.Kept) != len(e.RegionalParameters) || len(out.Copy.Surplus) != 1 {
		t.Fatalf("%+v, %s", out.Copy, kind)
	}
	for _, name := range w.SSM.Names(e.Regions.Primary) {
		here, _ := w.SSM.Value(e.Regions.Primary, name)
		there, ok := w.SSM.Value(e.Regions.Recovery, name)
		regional := strings.HasPrefix(there, e.Regions.Recovery+" has its own")
		if !ok || !regional && here != there {
			t.Errorf("%s is %q there", name, there)
		}
	}
	again, kind := call(t, w, `{"action":"copy"}`)
	if kind != "" || again.Copy.Written != 0 {
		t.Errorf("what is the same was written again: %+v, %s", again.Copy, kind)
	}
}

func TestWithoutAKeyThereNoSecretIsWrittenThere(t *testing.T) {
	w := begin(t)
	e := w.Env
	before := w.SSM.Secrets(e.Regions.Recovery) // of webhooks, which a person put there
	w.KMS.SetState(e.Regions.Recovery, e.KeyAlias(), kms.Disabled)
	if out, kind := call(t, w, `{"action":"copy"}`); kind != string(failure.KeyMissing) {
		t.Errorf("%+v, %q", out.Copy, kind)
	}
	if got := w.SSM.Secrets(e.Regions.Recovery); !slices.Equal(got, before) {
		t.Errorf("there are %v, before there were %v", got, before)
	}
	if _, kind := call(t, w, `{"action":"remove"}`); kind != string(failure.InvalidInput) {
		t.Error(kind)
	}
}
