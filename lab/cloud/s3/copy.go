package s3

import (
	"bytes"
	"maps"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// source reads bucket/key?versionId=id.
func source(text *string) (bucket, key string, id *string) {
	path, query, has := strings.Cut(aws.ToString(text), "?versionId=")
	if has {
		id = &query
	}
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return bucket, key, id
}

func (s *Service) copyObject(call *cloud.Call, in *s3.CopyObjectInput) (*s3.CopyObjectOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	fromBucket, fromKey, id := source(in.CopySource)
	from := s.buckets[fromBucket]
	if from == nil {
		return nil, &types.NoSuchBucket{Message: aws.String("The specified bucket does not exist")}
	}
	if !s.cloud.Reachable(b.Region, from.Region) {
		return nil, cloud.ServerError()
	}
	old := from.latest(fromKey)
	if id != nil {
		old = from.version(fromKey, *id)
	}
	if old == nil || old.marker {
		return nil, s.absent(call, &fromBucket, &fromKey, false)
	}
	if len(old.body) > 5<<30 {
		return nil, cloud.Error("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	if err := b.guard(*in.Key, in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	if fromBucket == *in.Bucket && fromKey == *in.Key && id == nil && in.MetadataDirective != types.MetadataDirectiveReplace && in.StorageClass == "" && in.SSEKMSKeyId == nil {
		return nil, cloud.Error("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	key, err := s.encrypt(b, b.encryption(in.SSEKMSKeyId, in.ServerSideEncryption))
	if err != nil {
		return nil, err
	}
	algorithm := old.sum.algorithm
	if in.ChecksumAlgorithm != "" {
		algorithm = in.ChecksumAlgorithm
	}
	// A copy is one object, whatever parts its source had: the ETag changes with it.
	v := &version{key: *in.Key, body: bytes.Clone(old.body), etag: etag(old.body), at: s.cloud.Sim.Now(), tags: maps.Clone(old.tags), metadata: maps.Clone(old.metadata), contentType: old.contentType, sum: full(algorithm, old.body), class: in.StorageClass, keyARN: key}
	if in.MetadataDirective == types.MetadataDirectiveReplace {
		v.metadata, v.contentType = maps.Clone(in.Metadata), aws.ToString(in.ContentType)
	}
	if in.TaggingDirective == types.TaggingDirectiveReplace {
		if v.tags, err = tagging(in.Tagging); err != nil {
			return nil, err
		}
	}
	if err := s.lock(b, v, in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	s.add(b, v)
	f := v.sum.fields()
	return &s3.CopyObjectOutput{VersionId: v.shownID(b), CopySourceVersionId: old.shownID(from), ServerSideEncryption: v.sse(), SSEKMSKeyId: v.shownKey(), CopyObjectResult: &types.CopyObjectResult{
		ETag: aws.String(v.etag), LastModified: aws.Time(v.at), ChecksumCRC32: f.crc32, ChecksumCRC32C: f.crc32c, ChecksumCRC64NVME: f.crc64, ChecksumSHA1: f.sha1, ChecksumSHA256: f.sha256, ChecksumType: v.sum.kind,
	}}, nil
}
