package backup

import (
	"bytes"
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// put stores an object with the SHA-256 that S3 has to find, and gives its version.
func (t Target) put(ctx context.Context, key string, text []byte, checksum string, change ...func(*s3.PutObjectInput)) (string, error) {
	in := &s3.PutObjectInput{
		Bucket: aws.String(t.Bucket), Key: aws.String(key), Body: bytes.NewReader(text), ContentLength: aws.Int64(int64(len(text))),
		ChecksumSHA256: aws.String(checksum), StorageClass: t.StorageClass, Tagging: t.tagging(),
	}
	if t.Key != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = types.ServerSideEncryptionAwsKms, aws.String(t.Key), aws.Bool(true)
	}
	if t.Retention.Mode != "" {
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockMode(t.Retention.Mode), aws.Time(t.Retention.Until)
	}
	for _, f := range change {
		f(in)
	}
	out, err := t.Client.PutObject(ctx, in, unsigned)
	if err != nil {
		return "", failure.FromAWS(err, "store s3://%s/%s", t.Bucket, key)
	}
	if out.VersionId == nil && !t.Unversioned {
		return "", unversioned(t)
	}
	return aws.ToString(out.VersionId), nil
}

func (t Target) tagging() *string {
	if len(t.Tags) == 0 {
		return nil
	}
	values := url.Values{}
	for name, value := range t.Tags {
		values.Set(name, value)
	}
	return aws.String(values.Encode()) // sorted by name
}

// unsigned keeps the body out of the signature: the SHA-256 in the signed header binds it already, and it would be
// hashed a second time at both ends.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}
