package parameters_test

import (
	"context"
	"strings"
	"testing"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/ssm"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east, west = "us-east-1", "us-west-2"
	root       = "/acso/test"
	alias      = "alias/acso-test"
)

var ctx = context.Background()

type place struct {
	cloud     *cloud.Cloud
	keys      *kms.Service
	store     *ssm.Service
	ssm       *awsssm.Client
	here, far *awskms.Client
}

func begin(t tester) *place {
	t.Helper()
	c := cloud.New(sim.New(1), "111122223333", east, west)
	keys := kms.New(c)
	p := &place{cloud: c, keys: keys, store: ssm.New(c, keys)}
	id := keys.CreateMultiRegion(east, west)
	for _, region := range []string{east, west} {
		arn, err := keys.ARN(region, id)
		if err != nil {
			t.Fatal(err)
		}
		keys.Alias(region, strings.TrimPrefix(alias, "alias/"), arn)
	}
	config := c.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true})
	p.ssm, p.here = awsssm.NewFromConfig(config), awskms.NewFromConfig(config)
	config.Region = west
	p.far = awskms.NewFromConfig(config)
	return p
}

type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func TestATreeGoesThroughTheDocumentAndComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := begin(t)
		want := map[string]string{}
		for n := range rapid.IntRange(1, 12).Draw(t, "parameters") {
			name := root + "/" + rapid.SampledFrom([]string{"a", "b/c", "d.e", "F-g", "x_y"}).Draw(t, "name") + strings.Repeat("z", n)
			kind := rapid.SampledFrom([]types.ParameterType{types.ParameterTypeString, types.ParameterTypeStringList, types.ParameterTypeSecureString}).Draw(t, "type")
			want[name] = rapid.StringMatching(`[ -~äß日]{1,60}`).Draw(t, "value")
			key := ""
			if kind == types.ParameterTypeSecureString {
				key = alias
			}
			p.store.Put(east, name, want[name], kind, key)
		}
		tree, moving, err := parameters.Read(ctx, p.ssm, root)
		if err != nil || len(moving) != 0 || len(tree) != len(want) {
			t.Fatalf("%d of %d parameters, moving %v, %v", len(tree), len(want), moving, err)
		}
		d := parameters.Document{Region: east, Path: root, Read: "2026-01-15T00:00:00Z"}
		for _, parameter := range tree {
			entry, err := parameters.Seal(ctx, p.here, alias, parameter)
			if err != nil {
				t.Fatal(err)
			}
			if parameter.Secret() && (entry.Value != nil || entry.Sealed == nil) {
				t.Fatalf("%s is in the clear", parameter.Name)
			}
			d.Parameters = append(d.Parameters, entry)
		}
		text, err := parameters.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parameters.Unmarshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for n, entry := range again.Parameters {
			value, err := parameters.Open(ctx, p.far, entry) // in the other region, under the key's replica
			if err != nil || value != want[entry.Name] || entry.Type != string(tree[n].Type) || entry.Version != tree[n].Version {
				t.Fatalf("%s is %q at version %d, %v", entry.Name, value, entry.Version, err)
			}
		}
	})
}

func TestASealedSecretOpensForItsNameAndVersionOnly(t *testing.T) {
	p := begin(t)
	entry, err := parameters.Seal(ctx, p.here, alias, parameters.Parameter{Name: root + "/token", Type: types.ParameterTypeSecureString, Version: 3, Value: "secret"})
	if err != nil || strings.Contains(string(entry.Sealed.Data), "secret") {
		t.Fatalf("%+v, %v", entry, err)
	}
	for what, alter := range map[string]func(e *parameters.Entry){
		"another name":    func(e *parameters.Entry) { e.Name = root + "/other" },
		"another version": func(e *parameters.Entry) { e.Version = 4 },
		"a flipped bit": func(e *parameters.Entry) {
			e.Sealed = &parameters.Sealed{Key: e.Sealed.Key, Data: append([]byte{e.Sealed.Data[0] ^ 1}, e.Sealed.Data[1:]...)}
		},
		"nothing in it":    func(e *parameters.Entry) { e.Sealed = nil },
		"another data key": func(e *parameters.Entry) { e.Sealed = &parameters.Sealed{Key: []byte("x"), Data: e.Sealed.Data} },
	} {
		altered := entry
		alter(&altered)
		if value, err := parameters.Open(ctx, p.here, altered); err == nil {
			t.Errorf("%s: it opens as %q", what, value)
		}
	}
	p.keys.SetState(east, alias, kms.Disabled)
	if _, err := parameters.Open(ctx, p.here, entry); !failure.Is(err, failure.KeyMissing) {
		t.Errorf("without its key: %v", err)
	}
	if _, err := parameters.Seal(ctx, p.here, alias, parameters.Parameter{Name: root + "/token", Type: types.ParameterTypeSecureString, Value: "secret"}); !failure.Is(err, failure.KeyMissing) {
		t.Errorf("sealed without a key: %v", err)
	}
}

func TestATreeThatKeepsChangingIsSaidToBeMoving(t *testing.T) {
	p := begin(t)
	p.store.Put(east, root+"/still", "x", types.ParameterTypeString, "")
	p.store.Put(east, root+"/busy", "0", types.ParameterTypeString, "")
	p.cloud.Observe(func(c cloud.Record) {
		if c.Operation == "SSM.GetParametersByPath" {
			p.store.Put(east, root+"/busy", "again", types.ParameterTypeString, "")
		}
	})
	tree, moving, err := parameters.Read(ctx, p.ssm, root)
	if err != nil || len(tree) != 2 || len(moving) != 1 || moving[0] != root+"/busy" {
		t.Errorf("%+v, moving %v, %v", tree, moving, err)
	}
}

func TestADocumentOfAnotherFormatIsRefused(t *testing.T) {
	for _, text := range []string{`{"format":2}`, `{}`, `[]`, `{"format":1`, ``} {
		if d, err := parameters.Unmarshal([]byte(text)); err == nil {
			t.Errorf("%q is %+v", text, d)
		}
	}
}
