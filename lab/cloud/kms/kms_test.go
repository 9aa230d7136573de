package kms_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

var ctx = context.Background()

func world() (*cloud.Cloud, *kms.Service, *sdk.Client, string) {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	s := kms.New(c)
	arn := s.Create(west, "")
	s.Alias(west, "db", arn)
	return c, s, sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true})), arn
}

func encrypt(t *testing.T, client *sdk.Client, key string) []byte {
	t.Helper()
	out, err := client.Encrypt(ctx, &sdk.EncryptInput{KeyId: &key, Plaintext: []byte("secret"), EncryptionContext: map[string]string{"a": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.CiphertextBlob
}

func TestCiphertextIsBoundToKeyAndContext(t *testing.T) {
	_, s, client, arn := world()
	blob := encrypt(t, client, "alias/db")
	decrypt := func(blob []byte, key *string, value string) (string, error) {
		out, err := client.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: blob, KeyId: key, EncryptionContext: map[string]string{"a": value}})
		if err != nil {
			return "", err
		}
		return string(out.Plaintext), nil
	}
	if got, err := decrypt(blob, nil, "b"); err != nil || got != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	var invalid *types.InvalidCiphertextException
	if _, err := decrypt(blob, nil, "c"); !errors.As(err, &invalid) {
		t.Errorf("another context: %v", err)
	}
	if _, err := decrypt(append([]byte("x"), blob...), nil, "b"); !errors.As(err, &invalid) {
		t.Errorf("other bytes: %v", err)
	}
	var incorrect *types.IncorrectKeyException
	if _, err := decrypt(blob, aws.String(s.Create(west, "")), "b"); !errors.As(err, &incorrect) {
		t.Errorf("another key: %v", err)
	}
	s.SetState(west, arn, kms.Disabled)
	var disabled *types.DisabledException
	if _, err := decrypt(blob, nil, "b"); !errors.As(err, &disabled) {
		t.Errorf("disabled: %v", err)
	}
}

func TestKeysBelongToTheirRegionUnlessMultiRegion(t *testing.T) {
	_, s, client, arn := world()
	inEast := func(o *sdk.Options) { o.Region = east }
	var missing *types.NotFoundException
	for _, id := range []string{arn, "alias/db", "arn:aws:kms:us-west-2:123456789012:alias/db"} {
		if _, err := client.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: &id}, inEast); !errors.As(err, &missing) {
			t.Errorf("%s: %v, want NotFoundException in the other region", id, err)
		}
		if err := s.Usable(west, id); err != nil {
			t.Errorf("%s at home: %v", id, err)
		}
	}
	if _, err := client.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: encrypt(t, client, arn), EncryptionContext: map[string]string{"a": "b"}}, inEast); err == nil {
		t.Error("a ciphertext of a single-Region key opened in the other region")
	}
	id := s.CreateMultiRegion(east, west)
	if _, err := client.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: encrypt(t, client, id), EncryptionContext: map[string]string{"a": "b"}}, inEast); err != nil {
		t.Errorf("a multi-Region key: %v", err)
	}
	s.SetState(west, arn, kms.PendingDeletion)
	var state *types.KMSInvalidStateException
	if err := s.Usable(west, arn); !errors.As(err, &state) {
		t.Errorf("pending deletion: %v", err)
	}
}

func TestDataKeysDiffer(t *testing.T) {
	_, _, client, arn := world()
	seen := map[string]bool{}
	for range 3 {
		out, err := client.GenerateDataKey(ctx, &sdk.GenerateDataKeyInput{KeyId: &arn, KeySpec: types.DataKeySpecAes256})
		if err != nil || len(out.Plaintext) != 32 || seen[string(out.Plaintext)] {
			t.Fatalf("%v, %v", out, err)
		}
		seen[string(out.Plaintext)] = true
		back, err := client.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: out.CiphertextBlob})
		if err != nil || string(back.Plaintext) != string(out.Plaintext) {
			t.Errorf("%v, %v", back, err)
		}
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	c, s, client, arn := world()
	granted := sdk.NewFromConfig(c.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{Actions: []string{"kms:DescribeKey"}, Resources: []string{arn}}}}))
	if _, err := granted.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: aws.String("alias/db")}); err != nil {
		t.Errorf("a grant on the key holds for its alias: %v", err)
	}
	_, err := granted.Encrypt(ctx, &sdk.EncryptInput{KeyId: &arn, Plaintext: []byte("x")})
	if failure.KindOf(failure.FromAWS(err, "encrypt")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
	in := &sdk.CreateGrantInput{KeyId: &arn, GranteePrincipal: aws.String("rds"), Operations: []types.GrantOperation{types.GrantOperationDecrypt}}
	c.Inject(cloud.Fault{Operation: "KMS.CreateGrant", Count: 1, Effect: cloud.Throttled})
	if _, err := client.CreateGrant(ctx, in); err != nil || len(s.Grants()) != 1 {
		t.Errorf("%v, %d grants after a throttled call", err, len(s.Grants()))
	}
	c.Inject(cloud.Fault{Operation: "KMS.CreateGrant", Count: 1, Effect: cloud.LostResponse})
	if _, err := client.CreateGrant(ctx, in); err != nil || len(s.Grants()) != 3 {
		t.Errorf("%v, %d grants after a lost answer, want 3", err, len(s.Grants()))
	}
}
