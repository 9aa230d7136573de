package s3

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerReads() {
	reading := func(bucket, key, id *string) []grant.Action {
		return append([]grant.Action{{Name: either(id, "GetObject"), Resource: object(bucket, key)}}, s.decrypting(aws.ToString(bucket), aws.ToString(key), id)...)
	}
	cloud.Register(s.cloud, "S3.GetObject", cloud.Spec[s3.GetObjectInput]{
		// S3 has strong read-after-write consistency: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel.
		Current: cloud.Consistent[s3.GetObjectInput],
		Actions: func(_ *cloud.Call, in *s3.GetObjectInput) []grant.Action {
			return reading(in.Bucket, in.Key, in.VersionId)
		},
	}, s.getObject)
	cloud.Register(s.cloud, "S3.HeadObject", cloud.Spec[s3.HeadObjectInput]{
		Current: cloud.Consistent[s3.HeadObjectInput],
		Actions: func(_ *cloud.Call, in *s3.HeadObjectInput) []grant.Action {
			return reading(in.Bucket, in.Key, in.VersionId)
		},
	}, s.headObject)
	cloud.Register(s.cloud, "S3.GetObjectAttributes", cloud.Spec[s3.GetObjectAttributesInput]{
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
		Actions: func(_ *cloud.Call, in *s3.GetObjectAttributesInput) []grant.Action {
			return append(reading(in.Bucket, in.Key, in.VersionId), grant.Action{Name: either(in.VersionId, "GetObjectAttributes"), Resource: object(in.Bucket, in.Key)})
		},
	}, s.getObjectAttributes)
	cloud.Register(s.cloud, "S3.GetObjectTagging", cloud.Spec[s3.GetObjectTaggingInput]{
		Actions: func(_ *cloud.Call, in *s3.GetObjectTaggingInput) []grant.Action {
			return []grant.Action{{Name: either(in.VersionId, "GetObjectTagging"), Resource: object(in.Bucket, in.Key)}}
		},
	}, func(call *cloud.Call, in *s3.GetObjectTaggingInput) (*s3.GetObjectTaggingOutput, error) {
		b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
		if err != nil {
			return nil, err
		}
		return &s3.GetObjectTaggingOutput{VersionId: v.shownID(b), TagSet: v.tagSet()}, nil
	})
}

func (v *version) tagSet() []types.Tag {
	out := []types.Tag{}
	for name, value := range v.tags {
		out = append(out, types.Tag{Key: aws.String(name), Value: aws.String(value)})
	}
	sort.Slice(out, func(i, j int) bool { return *out[i].Key < *out[j].Key })
	return out
}

// read finds the version that a request means.
func (s *Service) read(call *cloud.Call, name, key, id *string, head bool) (*bucket, *version, error) {
	b, err := s.find(call, name)
	if err != nil {
		return nil, nil, err
	}
	if id == nil {
		v := b.latest(aws.ToString(key))
		if v == nil {
			return nil, nil, s.absent(call, name, key, head)
		}
		return b, v, nil
	}
	v := b.version(aws.ToString(key), *id)
	switch {
	case v == nil:
		return nil, nil, cloud.Error("NoSuchVersion", "The specified version does not exist: %s", *id)
	case v.marker:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html: 405 for a delete marker by its id
		return nil, nil, cloud.Error("MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return b, v, nil
}

// span reads a Range header: bytes=a-b, bytes=a- or bytes=-n.
func span(text *string, size int) (from, to int, err error) {
	refused := cloud.Error("InvalidRange", "The requested range is not satisfiable")
	if text == nil {
		return 0, size, nil
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(*text, "bytes="), "-")
	if !ok || strings.Contains(*text, ",") {
		return 0, size, nil // S3 ignores a range that it does not understand
	}
	if first == "" {
		n, err := strconv.Atoi(last)
		if err != nil || n == 0 {
			return 0, 0, refused
		}
		return max(0, size-n), size, nil
	}
	from, err = strconv.Atoi(first)
	if err != nil || from >= size {
		return 0, 0, refused
	}
	to = size
	if n, err := strconv.Atoi(last); err == nil && last != "" {
		to = min(size, n+1)
	}
	if to <= from {
		return 0, 0, refused
	}
	return from, to, nil
}

func (v *version) check(ifMatch, ifNoneMatch *string) error {
	plain := strings.Trim(v.etag, `"`)
	if ifMatch != nil && strings.Trim(*ifMatch, `"`) != plain {
		return unmet("If-Match")
	}
	if ifNoneMatch != nil && strings.Trim(*ifNoneMatch, `"`) == plain {
		return cloud.Error("NotModified", "Not Modified")
	}
	return nil
}

func (s *Service) getObject(call *cloud.Call, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
	if err != nil {
		return nil, err
	}
	if err := v.check(in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	if v.keyARN != "" {
		if err := s.keys.Usable(b.Region, v.keyARN); err != nil {
			return nil, err
		}
	}
	from, to, err := span(in.Range, len(v.body))
	if err != nil {
		return nil, err
	}
	out := &s3.GetObjectOutput{
		Body: io.NopCloser(bytes.NewReader(bytes.Clone(v.body[from:to]))), ContentLength: aws.Int64(int64(to - from)), ETag: aws.String(v.etag), LastModified: aws.Time(v.at),
		VersionId: v.shownID(b), Metadata: maps.Clone(v.metadata), ContentType: aws.String(v.contentType), ServerSideEncryption: v.sse(), SSEKMSKeyId: v.shownKey(),
		StorageClass: v.class, ReplicationStatus: v.status, AcceptRanges: aws.String("bytes"), ObjectLockMode: types.ObjectLockMode(v.mode),
	}
	if len(v.tags) > 0 {
		out.TagCount = aws.Int32(int32(len(v.tags)))
	}
	if !v.until.IsZero() {
		out.ObjectLockRetainUntilDate = aws.Time(v.until)
	}
	if v.hold {
		out.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn
	}
	if in.Range != nil {
		out.ContentRange = aws.String(fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(v.body)))
	} else if in.ChecksumMode == types.ChecksumModeEnabled { // a part of an object has no checksum
		f := v.sum.fields()
		out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME, out.ChecksumSHA1, out.ChecksumSHA256, out.ChecksumType = f.crc32, f.crc32c, f.crc64, f.sha1, f.sha256, v.sum.kind
	}
	return out, nil
}

func (s *Service) headObject(call *cloud.Call, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, true)
	if err != nil {
		return nil, err
	}
	if err := v.check(in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	out := &s3.HeadObjectOutput{
		ContentLength: aws.Int64(int64(len(v.body))), ETag: aws.String(v.etag), LastModified: aws.Time(v.at), VersionId: v.shownID(b), Metadata: maps.Clone(v.metadata),
		ContentType: aws.String(v.contentType), ServerSideEncryption: v.sse(), SSEKMSKeyId: v.shownKey(), StorageClass: v.class, ReplicationStatus: v.status,
		ObjectLockMode: types.ObjectLockMode(v.mode),
	}
	if !v.until.IsZero() {
		out.ObjectLockRetainUntilDate = aws.Time(v.until)
	}
	if v.hold {
		out.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn
	}
	if in.ChecksumMode == types.ChecksumModeEnabled {
		f := v.sum.fields()
		out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME, out.ChecksumSHA1, out.ChecksumSHA256, out.ChecksumType = f.crc32, f.crc32c, f.crc64, f.sha1, f.sha256, v.sum.kind
	}
	return out, nil
}

func (s *Service) getObjectAttributes(call *cloud.Call, in *s3.GetObjectAttributesInput) (*s3.GetObjectAttributesOutput, error) {
	b, v, err := s.read(call, in.Bucket, in.Key, in.VersionId, false)
	if err != nil {
		return nil, err
	}
	out := &s3.GetObjectAttributesOutput{VersionId: v.shownID(b), LastModified: aws.Time(v.at)}
	for _, want := range in.ObjectAttributes {
		switch want {
		case types.ObjectAttributesEtag:
			out.ETag = aws.String(strings.Trim(v.etag, `"`))
		case types.ObjectAttributesObjectSize:
			out.ObjectSize = aws.Int64(int64(len(v.body)))
		case types.ObjectAttributesStorageClass:
			out.StorageClass = v.class
		case types.ObjectAttributesChecksum:
			f := v.sum.fields()
			out.Checksum = &types.Checksum{ChecksumCRC32: f.crc32, ChecksumCRC32C: f.crc32c, ChecksumCRC64NVME: f.crc64, ChecksumSHA1: f.sha1, ChecksumSHA256: f.sha256, ChecksumType: v.sum.kind}
		case types.ObjectAttributesObjectParts:
			if len(v.parts) > 0 {
				out.ObjectParts = &types.GetObjectAttributesParts{TotalPartsCount: aws.Int32(int32(len(v.parts)))}
			}
		}
	}
	return out, nil
}
