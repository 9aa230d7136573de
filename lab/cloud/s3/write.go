package s3

import (
	"bytes"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerWrites() {
	cloud.Register(s.cloud, "S3.PutObject", cloud.Spec[s3.PutObjectInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *s3.PutObjectInput) []grant.Action {
			return s.writing(call, in.Bucket, in.Key, in.SSEKMSKeyId, in.ServerSideEncryption, in.Tagging != nil, in.ObjectLockMode != "", in.ObjectLockLegalHoldStatus != "")
		},
	}, s.putObject)
	cloud.Register(s.cloud, "S3.CopyObject", cloud.Spec[s3.CopyObjectInput]{
		Mutating: true,
		// Reading the source with its tags, and writing the target.
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
		Actions: func(call *cloud.Call, in *s3.CopyObjectInput) []grant.Action {
			bucket, key, id := source(in.CopySource)
			actions := []grant.Action{{Name: either(id, "GetObject"), Resource: object(&bucket, &key)}, {Name: either(id, "GetObjectTagging"), Resource: object(&bucket, &key)}}
			actions = append(actions, s.decrypting(bucket, key, id)...)
			return append(actions, s.writing(call, in.Bucket, in.Key, in.SSEKMSKeyId, in.ServerSideEncryption, true, in.ObjectLockMode != "", in.ObjectLockLegalHoldStatus != "")...)
		},
	}, s.copyObject)
	cloud.Register(s.cloud, "S3.PutObjectTagging", cloud.Spec[s3.PutObjectTaggingInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *s3.PutObjectTaggingInput) []grant.Action {
			return []grant.Action{{Name: either(in.VersionId, "PutObjectTagging"), Resource: object(in.Bucket, in.Key)}}
		},
	}, s.putObjectTagging)
}

// writing are the actions of making a version: tags, locks and an SSE-KMS key each need their own.
func (s *Service) writing(call *cloud.Call, bucket, key, kmsKey *string, sse types.ServerSideEncryption, tags, lock, hold bool) []grant.Action {
	actions := []grant.Action{{Name: "s3:PutObject", Resource: object(bucket, key)}}
	if tags {
		actions = append(actions, grant.Action{Name: "s3:PutObjectTagging", Resource: object(bucket, key)})
	}
	if lock {
		actions = append(actions, grant.Action{Name: "s3:PutObjectRetention", Resource: object(bucket, key)})
	}
	if hold {
		actions = append(actions, grant.Action{Name: "s3:PutObjectLegalHold", Resource: object(bucket, key)})
	}
	if b := s.buckets[aws.ToString(bucket)]; b != nil {
		if id := b.encryption(kmsKey, sse); id != "" {
			actions = append(actions, s.keys.Actions(b.Region, "kms:GenerateDataKey", id)...)
		}
	}
	return actions
}

func (s *Service) decrypting(name, key string, id *string) []grant.Action {
	b := s.buckets[name]
	if b == nil {
		return nil
	}
	v := b.latest(key)
	if id != nil {
		v = b.version(key, *id)
	}
	if v == nil || v.keyARN == "" {
		return nil
	}
	return s.keys.Actions(b.Region, "kms:Decrypt", v.keyARN)
}

// encryption is the KMS key for a new version, or "" for SSE-S3.
func (b *bucket) encryption(kmsKey *string, sse types.ServerSideEncryption) string {
	switch {
	case kmsKey != nil:
		return *kmsKey
	case sse == types.ServerSideEncryptionAes256:
		return ""
	}
	return b.Key
}

// encrypt gives the ARN of a usable key. S3 reports an unusable one under KMS's name for the fault.
func (s *Service) encrypt(b *bucket, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	if err := s.keys.Usable(b.Region, id); err != nil {
		return "", err
	}
	return s.keys.ARN(b.Region, id)
}

// maxKey: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const maxKey = 1024

// guard refuses what the bucket's policy denies, keys that are too long and conditional writes whose condition does not hold.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (b *bucket) guard(key string, ifMatch, ifNoneMatch *string) error {
	if b.refuses {
		return cloud.Error("AccessDenied", "User is not authorized to perform: s3:PutObject on resource: %s with an explicit deny in a resource-based policy", object(&b.Name, &key))
	}
	if len(key) > maxKey {
		return cloud.Error("KeyTooLongError", "Your key is too long")
	}
	v := b.latest(key)
	if ifNoneMatch != nil {
		if *ifNoneMatch != "*" {
			return cloud.Error("NotImplemented", "A header you provided implies functionality that is not implemented: If-None-Match takes only *")
		}
		if v != nil {
			return unmet("If-None-Match")
		}
	}
	if ifMatch != nil {
		if v == nil {
			return &types.NoSuchKey{Message: aws.String("The specified key does not exist.")}
		}
		if *ifMatch != "*" && strings.Trim(*ifMatch, `"`) != strings.Trim(v.etag, `"`) {
			return unmet("If-Match")
		}
	}
	return nil
}

func unmet(header string) error {
	return cloud.Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold: %s", header)
}

// lock gives a new version its retention: the request's, or the bucket's default.
func (s *Service) lock(b *bucket, v *version, mode types.ObjectLockMode, until *time.Time, hold types.ObjectLockLegalHoldStatus) error {
	if (mode != "" || until != nil || hold != "") && !b.Lock {
		return cloud.Error("InvalidRequest", "Bucket is missing Object Lock Configuration")
	}
	if (mode == "") != (until == nil) {
		return cloud.Error("InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
	}
	if until != nil && !until.After(s.cloud.Sim.Now()) {
		return cloud.Error("InvalidArgument", "The retain until date must be in the future!")
	}
	v.hold = hold == types.ObjectLockLegalHoldStatusOn
	switch {
	case mode != "":
		v.mode, v.until = types.ObjectLockRetentionMode(mode), *until
	case b.Lock && b.Retention > 0:
		v.mode, v.until = b.Mode, s.cloud.Sim.Now().Add(b.Retention)
	}
	return nil
}

func (s *Service) putObject(call *cloud.Call, in *s3.PutObjectInput) (*s3.PutObjectOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	body, err := call.Body()
	if err != nil {
		return nil, cloud.Error("IncompleteBody", "The request body could not be read: %v", err)
	}
	if err := b.guard(*in.Key, in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	sum, err := claims{in.ContentMD5, in.ChecksumCRC32, in.ChecksumCRC32C, in.ChecksumCRC64NVME, in.ChecksumSHA1, in.ChecksumSHA256, in.ChecksumAlgorithm}.verify(call, body)
	if err != nil {
		return nil, err
	}
	key, err := s.encrypt(b, b.encryption(in.SSEKMSKeyId, in.ServerSideEncryption))
	if err != nil {
		return nil, err
	}
	tags, err := tagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	v := &version{key: *in.Key, body: bytes.Clone(body), etag: etag(body), at: s.cloud.Sim.Now(), tags: tags, metadata: maps.Clone(in.Metadata), contentType: aws.ToString(in.ContentType), sum: sum, class: in.StorageClass, keyARN: key}
	if err := s.lock(b, v, in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	s.add(b, v)
	f := sum.fields()
	out := &s3.PutObjectOutput{
		ETag: aws.String(v.etag), Size: aws.Int64(int64(len(body))), VersionId: v.shownID(b), ServerSideEncryption: v.sse(), SSEKMSKeyId: v.shownKey(),
		ChecksumCRC32: f.crc32, ChecksumCRC32C: f.crc32c, ChecksumCRC64NVME: f.crc64, ChecksumSHA1: f.sha1, ChecksumSHA256: f.sha256, ChecksumType: sum.kind,
	}
	return out, nil
}

func (v *version) shownID(b *bucket) *string {
	if !b.Versioned {
		return nil
	}
	return aws.String(v.id)
}

func (v *version) sse() types.ServerSideEncryption {
	if v.keyARN != "" {
		return types.ServerSideEncryptionAwsKms
	}
	return types.ServerSideEncryptionAes256
}

func (v *version) shownKey() *string {
	if v.keyARN == "" {
		return nil
	}
	return aws.String(v.keyARN)
}

func tagging(text *string) (map[string]string, error) {
	out := map[string]string{}
	values, err := url.ParseQuery(aws.ToString(text))
	if err != nil || len(values) > 10 {
		return nil, cloud.Error("InvalidTag", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates, at most 10.")
	}
	for name, v := range values {
		out[name] = v[0]
	}
	return out, nil
}

func (s *Service) putObjectTagging(call *cloud.Call, in *s3.PutObjectTaggingInput) (*s3.PutObjectTaggingOutput, error) {
	b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
	if err != nil {
		return nil, err
	}
	if len(in.Tagging.TagSet) > 10 {
		return nil, cloud.Error("BadRequest", "Object tags cannot be greater than 10")
	}
	v.tags = map[string]string{}
	for _, tag := range in.Tagging.TagSet {
		v.tags[*tag.Key] = *tag.Value
	}
	s.replicate(b, v)
	return &s3.PutObjectTaggingOutput{VersionId: v.shownID(b)}, nil
}
