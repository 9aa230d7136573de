package backupconfig_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/functions/backupconfig"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/world"
	"github.com/acso/disaster-recovery/lab/world/worldtest"
)

// call invokes the function as a machine does.
func call(t *testing.T, w *world.World, input string) (backupconfig.Output, string) {
	t.Helper()
	return worldtest.Call[backupconfig.Output](t, w, "backupconfig", input)
}

func TestNoSecretIsStoredInTheClear(t *testing.T) {
	w := worldtest.Begin(t)
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
	w := worldtest.Begin(t)
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
	w := worldtest.Begin(t)
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
