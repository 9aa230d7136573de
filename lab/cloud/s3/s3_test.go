package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

var ctx = context.Background()

type lab struct {
	*cloud.Cloud
	keys   *kms.Service
	store  *s3.Service
	client *sdk.Client
}

func world() lab {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	keys := kms.New(c)
	l := lab{c, keys, s3.New(c, keys), nil}
	l.client = l.as(cloud.Principal{Name: "test", Region: east, Unlimited: true})
	l.store.Create(s3.Bucket{Name: "b", Region: east, Versioned: true})
	return l
}

func (l lab) as(p cloud.Principal) *sdk.Client { return sdk.NewFromConfig(l.Config(p)) }

func (l lab) pass(d time.Duration) { l.Sim.Run(l.Sim.Now().Add(d), nil) }

func put(client *sdk.Client, key, body string, change ...func(*sdk.PutObjectInput)) (*sdk.PutObjectOutput, error) {
	in := &sdk.PutObjectInput{Bucket: aws.String("b"), Key: &key, Body: strings.NewReader(body)}
	for _, f := range change {
		f(in)
	}
	return client.PutObject(ctx, in)
}

func get(client *sdk.Client, key string, change ...func(*sdk.GetObjectInput)) (string, *sdk.GetObjectOutput, error) {
	in := &sdk.GetObjectInput{Bucket: aws.String("b"), Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	for _, f := range change {
		f(in)
	}
	out, err := client.GetObject(ctx, in)
	if err != nil {
		return "", nil, err
	}
	body, err := io.ReadAll(out.Body)
	return string(body), out, err
}

func TestObjectsRoundTripWithKnownChecksums(t *testing.T) {
	l := world()
	for algorithm, want := range map[types.ChecksumAlgorithm]string{ // of "123456789", the usual check value
		types.ChecksumAlgorithmCrc32: "y/Q5Jg==", types.ChecksumAlgorithmCrc64nvme: "rosUhgp5mIg=",
		types.ChecksumAlgorithmSha256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		out, err := put(l.client, "k", "123456789", func(in *sdk.PutObjectInput) { in.ChecksumAlgorithm = algorithm })
		if err != nil {
			t.Fatal(err)
		}
		body, got, err := get(l.client, "k")
		if err != nil || body != "123456789" || *got.ETag != `"25f9e794323b453885f5181f1b624d0b"` || *got.VersionId != *out.VersionId {
			t.Errorf("%s: %q, %+v, %v", algorithm, body, got, err)
		}
		sums := []string{aws.ToString(got.ChecksumCRC32), aws.ToString(got.ChecksumCRC64NVME), aws.ToString(got.ChecksumSHA256)}
		if joined := strings.Join(sums, ""); joined != want {
			t.Errorf("%s: checksum %q, want %q", algorithm, joined, want)
		}
	}
	if body, out, err := get(l.client, "k", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=2-4") }); err != nil || body != "345" || *out.ContentRange != "bytes 2-4/9" {
		t.Errorf("range: %q, %v", body, err)
	}
}

func TestRefusals(t *testing.T) {
	l := world()
	code := func(err error) string { return failure.Code(err) }
	if _, err := put(l.client, "k", "x", func(in *sdk.PutObjectInput) {
		in.ChecksumSHA256 = aws.String("FeKw08M4keuwxTsfAeTQ6Y4gN6CuWRZUNyDZTEWiZlI=")
	}); code(err) != "BadDigest" {
		t.Errorf("wrong checksum: %v", err)
	}
	if _, err := put(l.client, strings.Repeat("k", 1025), "x"); code(err) != "KeyTooLongError" {
		t.Errorf("long key: %v", err)
	}
	var missing *types.NoSuchKey
	if _, _, err := get(l.client, "none"); !errors.As(err, &missing) {
		t.Errorf("missing: %v", err)
	}
	var notFound *types.NotFound
	if _, err := l.client.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String("none")}); !errors.As(err, &notFound) {
		t.Errorf("head of a missing object: %v", err)
	}
	var bucket *types.NoSuchBucket
	if _, err := l.client.ListObjectsV2(ctx, &sdk.ListObjectsV2Input{Bucket: aws.String("none")}); !errors.As(err, &bucket) {
		t.Errorf("missing bucket: %v", err)
	}
	if _, err := put(l.client, "once", "1", func(in *sdk.PutObjectInput) { in.IfNoneMatch = aws.String("*") }); err != nil {
		t.Error(err)
	}
	if _, err := put(l.client, "once", "2", func(in *sdk.PutObjectInput) { in.IfNoneMatch = aws.String("*") }); code(err) != "PreconditionFailed" {
		t.Errorf("conditional write: %v", err)
	}
	if _, err := put(l.client, "once", "2", func(in *sdk.PutObjectInput) { in.IfMatch = aws.String(`"no"`) }); code(err) != "PreconditionFailed" {
		t.Errorf("conditional write: %v", err)
	}
}

func TestDeleteMarkersAndVersions(t *testing.T) {
	l := world()
	first, err := put(l.client, "k", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.client.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := get(l.client, "k"); failure.Code(err) != "NoSuchKey" {
		t.Errorf("after the delete marker: %v", err)
	}
	if body, _, err := get(l.client, "k", func(in *sdk.GetObjectInput) { in.VersionId = first.VersionId }); err != nil || body != "1" {
		t.Errorf("the version under it: %q, %v", body, err)
	}
	versions, err := l.client.ListObjectVersions(ctx, &sdk.ListObjectVersionsInput{Bucket: aws.String("b")})
	if err != nil || len(versions.Versions) != 1 || len(versions.DeleteMarkers) != 1 || !*versions.DeleteMarkers[0].IsLatest {
		t.Errorf("%+v, %v", versions, err)
	}
}

func TestListingPagesAndGroups(t *testing.T) {
	l := world()
	for i := range 1203 {
		l.store.Put("b", fmt.Sprintf("2026/%02d/%04d", i%3, i), []byte("x"))
	}
	seen := map[string]bool{}
	pages := sdk.NewListObjectsV2Paginator(l.client, &sdk.ListObjectsV2Input{Bucket: aws.String("b")})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(ctx)
		if err != nil || n == 0 && len(out.Contents) != 1000 {
			t.Fatal(len(out.Contents), err)
		}
		for _, o := range out.Contents {
			seen[*o.Key] = true
		}
	}
	if len(seen) != 1203 {
		t.Errorf("listed %d of 1203", len(seen))
	}
	groups := 0
	byMonth := sdk.NewListObjectsV2Paginator(l.client, &sdk.ListObjectsV2Input{Bucket: aws.String("b"), Prefix: aws.String("2026/"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)})
	for byMonth.HasMorePages() {
		out, err := byMonth.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		groups += len(out.CommonPrefixes)
	}
	if groups != 3 {
		t.Errorf("%d groups, want 3", groups)
	}
	count := 0
	all := sdk.NewListObjectVersionsPaginator(l.client, &sdk.ListObjectVersionsInput{Bucket: aws.String("b")})
	for all.HasMorePages() {
		out, err := all.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		count += len(out.Versions)
	}
	if count != 1203 {
		t.Errorf("%d versions listed", count)
	}
}

func TestMultipartUploadHasACompositeChecksum(t *testing.T) {
	l := world()
	created, err := l.client.CreateMultipartUpload(ctx, &sdk.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("big"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		t.Fatal(err)
	}
	bodies := [][]byte{bytes.Repeat([]byte("a"), 5<<20), []byte("tail")}
	var parts []types.CompletedPart
	for i, body := range bodies {
		out, err := l.client.UploadPart(ctx, &sdk.UploadPartInput{Bucket: aws.String("b"), Key: aws.String("big"), UploadId: created.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: out.ETag, ChecksumSHA256: out.ChecksumSHA256})
	}
	complete := func(parts []types.CompletedPart) (*sdk.CompleteMultipartUploadOutput, error) {
		return l.client.CompleteMultipartUpload(ctx, &sdk.CompleteMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("big"), UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	if _, err := complete([]types.CompletedPart{parts[1], parts[0]}); failure.Code(err) != "InvalidPartOrder" {
		t.Errorf("parts in the wrong order: %v", err)
	}
	out, err := complete(parts)
	if err != nil || !strings.HasSuffix(*out.ETag, `-2"`) || !strings.HasSuffix(*out.ChecksumSHA256, "-2") || out.ChecksumType != types.ChecksumTypeComposite {
		t.Fatalf("%+v, %v", out, err)
	}
	if body, _, err := get(l.client, "big"); err != nil || body != string(bodies[0])+"tail" {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
