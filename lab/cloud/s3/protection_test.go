package s3_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

func TestObjectLock(t *testing.T) {
	l := world()
	l.store.Create(s3.Bucket{Name: "locked", Region: east, Lock: true, Retention: 24 * time.Hour, Mode: types.ObjectLockRetentionModeCompliance})
	id := l.store.Put("locked", "k", []byte("x"))
	remove := func() error {
		_, err := l.client.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: aws.String("locked"), Key: aws.String("k"), VersionId: &id, BypassGovernanceRetention: aws.Bool(true)})
		return err
	}
	if err := remove(); failure.Code(err) != "AccessDenied" {
		t.Errorf("a locked version was deleted: %v", err)
	}
	l.pass(25 * time.Hour)
	if err := remove(); err != nil || len(l.store.Versions("locked", "k")) != 0 {
		t.Errorf("after the retention: %v", err)
	}
}

func TestReplicationKeepsTheVersionAndWaitsForTheWay(t *testing.T) {
	l := world()
	l.store.Create(s3.Bucket{Name: "copy", Region: west, Versioned: true})
	l.store.Configure("b", []s3.Replication{{To: "copy"}}, nil)
	l.Cut(east, west)
	out, err := put(l.client, "k", "x")
	if err != nil {
		t.Fatal(err)
	}
	l.pass(3 * time.Hour)
	if got := l.store.Versions("b", "k")[0].Replication; got != types.ReplicationStatusPending || len(l.store.Objects("copy")) != 0 {
		t.Errorf("%s across a cut", got)
	}
	l.Heal(east, west)
	l.pass(time.Hour)
	copies := l.store.Versions("copy", "k")
	if len(copies) != 1 || copies[0].Version != *out.VersionId || copies[0].Replication != types.ReplicationStatusReplica || l.store.Versions("b", "k")[0].Replication != types.ReplicationStatusCompleted {
		t.Errorf("copies %+v", copies)
	}
	l.store.Configure("b", []s3.Replication{{To: "no such bucket"}}, nil)
	l.store.Put("b", "f", []byte("x"))
	l.pass(3 * time.Hour)
	if got := l.store.Versions("b", "f")[0].Replication; got != types.ReplicationStatusFailed {
		t.Errorf("%s without a target, want FAILED", got)
	}
}

func TestEncryptionNeedsAUsableKeyAndItsActions(t *testing.T) {
	l := world()
	key := l.keys.Create(east, "")
	l.store.Create(s3.Bucket{Name: "sealed", Region: east, Versioned: true, Key: key})
	in := func() *sdk.PutObjectInput {
		return &sdk.PutObjectInput{Bucket: aws.String("sealed"), Key: aws.String("k"), Body: strings.NewReader("x")}
	}
	writer := l.as(cloud.Principal{Name: "f", Region: east, Grants: []grant.Grant{{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::sealed/*"}}}})
	if _, err := writer.PutObject(ctx, in()); err == nil || !strings.Contains(err.Error(), "kms:GenerateDataKey") {
		t.Errorf("%v, want kms:GenerateDataKey to be missing", err)
	}
	if _, err := l.client.PutObject(ctx, in()); err != nil {
		t.Fatal(err)
	}
	l.keys.SetState(east, key, kms.Disabled)
	if _, err := l.client.GetObject(ctx, &sdk.GetObjectInput{Bucket: aws.String("sealed"), Key: aws.String("k")}); failure.KindOf(failure.FromAWS(err, "get")) != failure.KeyMissing {
		t.Errorf("%v, want KeyMissing", err)
	}
}

func TestLifecycleByTagAndAge(t *testing.T) {
	l := world()
	l.store.Configure("b", nil, []s3.Expiry{{Prefix: "daily/", Tag: "retention", Value: "daily", Days: 2, Noncurrent: 1}})
	for key, tag := range map[string]string{"daily/a": "retention=daily", "daily/b": "retention=monthly"} {
		if _, err := put(l.client, key, "x", func(in *sdk.PutObjectInput) { in.Tagging = aws.String(tag) }); err != nil {
			t.Fatal(err)
		}
	}
	l.pass(48 * time.Hour)
	if got := len(l.store.Objects("b")); got != 2 {
		t.Errorf("%d objects after two days and before midnight", got)
	}
	l.pass(24 * time.Hour)
	if got := l.store.Objects("b"); len(got) != 1 || got[0].Key != "daily/b" {
		t.Errorf("%+v after midnight", got)
	}
	l.pass(72 * time.Hour)
	if got := l.store.Versions("b", "daily/a"); len(got) != 1 || !got[0].DeleteMarker {
		t.Errorf("%+v: the old version goes, its marker stays under a rule with a tag", got)
	}
}

func TestTamperingShowsInBytesAndNotInSums(t *testing.T) {
	l := world()
	l.store.Put("b", "k", []byte("hello"))
	l.store.Corrupt("b", "k")
	body, out, err := get(l.client, "k")
	if err != nil || body == "hello" || len(body) != 5 || *out.ETag != `"5d41402abc4b2a76b9719d911017c592"` {
		t.Errorf("%q, %v", body, err)
	}
	l.store.Truncate("b", "k", 3)
	if body, _, _ := get(l.client, "k"); len(body) != 3 {
		t.Errorf("truncated to %d bytes", len(body))
	}
	l.store.Remove("b", "k")
	if _, _, err := get(l.client, "k"); failure.Code(err) != "NoSuchKey" {
		t.Errorf("removed: %v", err)
	}
}

func TestCopyKeepsTagsAndTaggingNeedsItsAction(t *testing.T) {
	l := world()
	if _, err := put(l.client, "k", "x", func(in *sdk.PutObjectInput) { in.Tagging = aws.String("a=b") }); err != nil {
		t.Fatal(err)
	}
	if _, err := l.client.CopyObject(ctx, &sdk.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String("k2"), CopySource: aws.String("b/k")}); err != nil {
		t.Fatal(err)
	}
	tags, err := l.client.GetObjectTagging(ctx, &sdk.GetObjectTaggingInput{Bucket: aws.String("b"), Key: aws.String("k2")})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "b" {
		t.Errorf("%+v, %v", tags, err)
	}
}

func TestDeniedThrottledAndLost(t *testing.T) {
	l := world()
	reader := l.as(cloud.Principal{Name: "f", Region: east, Grants: []grant.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/*"}}}})
	if _, err := put(reader, "k", "x"); failure.KindOf(failure.FromAWS(err, "put")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
	if _, _, err := get(reader, "none"); failure.KindOf(failure.FromAWS(err, "get")) != failure.Denied {
		t.Errorf("%v: without s3:ListBucket a missing object is denied", err)
	}
	id := l.store.Put("b", "k", []byte("x"))
	if _, _, err := get(reader, "k", func(in *sdk.GetObjectInput) { in.VersionId = &id }); err == nil || !strings.Contains(err.Error(), "s3:GetObjectVersion") {
		t.Errorf("%v, want s3:GetObjectVersion to be missing", err)
	}
	l.Inject(cloud.Fault{Operation: "S3.PutObject", Count: 1, Effect: cloud.Throttled})
	if _, err := put(l.client, "t", "x"); err != nil || len(l.store.Versions("b", "t")) != 1 {
		t.Errorf("%v, %d versions after a throttled call", err, len(l.store.Versions("b", "t")))
	}
	l.Inject(cloud.Fault{Operation: "S3.PutObject", Count: 1, Effect: cloud.LostResponse})
	if _, err := put(l.client, "l", "x"); err != nil || len(l.store.Versions("b", "l")) != 2 {
		t.Errorf("%v, %d versions after a lost answer, want 2", err, len(l.store.Versions("b", "l")))
	}
}
