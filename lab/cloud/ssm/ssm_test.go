package ssm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/ssm"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

var ctx = context.Background()

type lab struct {
	*cloud.Cloud
	keys   *kms.Service
	store  *ssm.Service
	client *sdk.Client
}

func world() lab {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	keys := kms.New(c)
	return lab{c, keys, ssm.New(c, keys), sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))}
}

func put(client *sdk.Client, name, value string, overwrite bool) error {
	_, err := client.PutParameter(ctx, &sdk.PutParameterInput{Name: &name, Value: &value, Type: types.ParameterTypeString, Overwrite: &overwrite})
	return err
}

func TestVersionsHistoryAndChanges(t *testing.T) {
	l := world()
	var changes []string
	l.store.OnChange(func(c ssm.Change) { changes = append(changes, c.Operation+" "+c.Region) })
	if err := put(l.client, "/acso/a", "1", false); err != nil {
		t.Fatal(err)
	}
	var exists *types.ParameterAlreadyExists
	if err := put(l.client, "/acso/a", "2", false); !errors.As(err, &exists) {
		t.Errorf("%v, want ParameterAlreadyExists", err)
	}
	if err := put(l.client, "/acso/a", "2", true); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"/acso/a": "2", "/acso/a:1": "1", "/acso/a:2": "2"} {
		out, err := l.client.GetParameter(ctx, &sdk.GetParameterInput{Name: &name})
		if err != nil || *out.Parameter.Value != want {
			t.Errorf("%s: %v, %v", name, out, err)
		}
	}
	history, err := l.client.GetParameterHistory(ctx, &sdk.GetParameterHistoryInput{Name: aws.String("/acso/a")})
	if err != nil || len(history.Parameters) != 2 || *history.Parameters[0].Value != "1" {
		t.Errorf("%+v, %v", history, err)
	}
	deleted, err := l.client.DeleteParameters(ctx, &sdk.DeleteParametersInput{Names: []string{"/acso/a", "/acso/b"}})
	if err != nil || len(deleted.DeletedParameters) != 1 || len(deleted.InvalidParameters) != 1 {
		t.Errorf("%+v, %v", deleted, err)
	}
	if got := strings.Join(changes, ","); got != "Create us-west-2,Update us-west-2,Delete us-west-2" {
		t.Errorf("changes %s", got)
	}
	var missing *types.ParameterNotFound
	if _, err := l.client.DeleteParameter(ctx, &sdk.DeleteParameterInput{Name: aws.String("/acso/a")}); !errors.As(err, &missing) {
		t.Errorf("%v, want ParameterNotFound", err)
	}
}

func TestPathsPageByTen(t *testing.T) {
	l := world()
	for i := range 23 {
		l.store.Put(west, fmt.Sprintf("/acso/production/x/%02d", i), "v", types.ParameterTypeString, "")
	}
	l.store.Put(west, "/acso/production/top", "v", types.ParameterTypeString, "")
	l.store.Put(west, "/acso/productionx/other", "v", types.ParameterTypeString, "")
	l.store.Put(east, "/acso/production/elsewhere", "v", types.ParameterTypeString, "")
	for recursive, want := range map[bool]int{true: 24, false: 1} {
		count := 0
		pages := sdk.NewGetParametersByPathPaginator(l.client, &sdk.GetParametersByPathInput{Path: aws.String("/acso/production"), Recursive: &recursive})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil || len(out.Parameters) > 10 {
				t.Fatal(len(out.Parameters), err)
			}
			count += len(out.Parameters)
		}
		if count != want {
			t.Errorf("recursive %v: %d parameters, want %d", recursive, count, want)
		}
	}
}

func TestSecureStringsNeedTheirKey(t *testing.T) {
	l := world()
	key := l.keys.Create(west, "")
	l.store.Put(west, "/acso/secret", "hidden", types.ParameterTypeSecureString, key)
	read := func(client *sdk.Client, decrypt bool) (string, error) {
		out, err := client.GetParameter(ctx, &sdk.GetParameterInput{Name: aws.String("/acso/secret"), WithDecryption: &decrypt})
		if err != nil {
			return "", err
		}
		return *out.Parameter.Value, nil
	}
	if got, err := read(l.client, false); err != nil || strings.Contains(got, "hidden") {
		t.Errorf("%q, %v: shown without decryption", got, err)
	}
	if got, err := read(l.client, true); err != nil || got != "hidden" {
		t.Errorf("%q, %v", got, err)
	}
	reader := sdk.NewFromConfig(l.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"ssm:GetParameter"}, Resources: []string{"arn:aws:ssm:us-west-2:123456789012:parameter/acso/*"}}}}))
	if _, err := read(reader, true); err == nil || !strings.Contains(err.Error(), "kms:Decrypt") {
		t.Errorf("%v, want kms:Decrypt to be missing", err)
	}
	if _, err := read(reader, false); err != nil {
		t.Error(err)
	}
	l.keys.SetState(west, key, kms.Disabled)
	var invalid *types.InvalidKeyId
	if _, err := read(l.client, true); !errors.As(err, &invalid) {
		t.Errorf("%v, want InvalidKeyId", err)
	}
}

func TestRefusals(t *testing.T) {
	l := world()
	for name, err := range map[string]error{
		"too large": put(l.client, "/a", strings.Repeat("x", 4097), false),
		"empty":     put(l.client, "/a", "", false),
		"bad name":  put(l.client, "/a b", "x", false),
		"relative":  put(l.client, "a/b", "x", false),
	} {
		if failure.Code(err) != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := put(l.client, "/a", strings.Repeat("x", 4096), false); err != nil {
		t.Error(err)
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	l := world()
	denied := sdk.NewFromConfig(l.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"ssm:PutParameter"}, Resources: []string{"arn:aws:ssm:us-east-1:*"}}}}))
	if err := put(denied, "/a", "x", false); failure.KindOf(failure.FromAWS(err, "put")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
	l.Inject(cloud.Fault{Operation: "SSM.PutParameter", Count: 1, Effect: cloud.Throttled})
	if err := put(l.client, "/a", "x", false); err != nil {
		t.Error(err)
	}
	l.Inject(cloud.Fault{Operation: "SSM.PutParameter", Count: 1, Effect: cloud.LostResponse})
	if err := put(l.client, "/a", "y", true); err != nil {
		t.Error(err)
	}
	out, err := l.client.GetParameter(ctx, &sdk.GetParameterInput{Name: aws.String("/a")})
	if err != nil || out.Parameter.Version != 3 {
		t.Errorf("%+v, %v: want version 3, the lost answer counts twice", out, err)
	}
}
