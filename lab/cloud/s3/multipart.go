package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// minPart is the smallest part but for the last one.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const minPart = 5 << 20

type upload struct {
	id, key   string
	begun     time.Time
	request   *s3.CreateMultipartUploadInput
	algorithm types.ChecksumAlgorithm
	kind      types.ChecksumType
	tags      map[string]string
	keyARN    string
	parts     map[int32]part
}

type part struct {
	body []byte
	etag string
	sum  checksum
}

func (s *Service) registerMultipart() {
	// The parts of an SSE-KMS upload are decrypted to be put together, which needs kms:Decrypt too.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
	uploading := func(call *cloud.Call, bucket, key *string) []grant.Action {
		actions := s.writing(call, bucket, key, nil, "", false, false, false)
		if b := s.buckets[aws.ToString(bucket)]; b != nil && b.Key != "" {
			actions = append(actions, s.keys.Actions(b.Region, "kms:Decrypt", b.Key)...)
		}
		return actions
	}
	cloud.Register(s.cloud, "S3.CreateMultipartUpload", cloud.Spec[s3.CreateMultipartUploadInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *s3.CreateMultipartUploadInput) []grant.Action {
			return s.writing(call, in.Bucket, in.Key, in.SSEKMSKeyId, in.ServerSideEncryption, in.Tagging != nil, in.ObjectLockMode != "", in.ObjectLockLegalHoldStatus != "")
		},
	}, s.createUpload)
	cloud.Register(s.cloud, "S3.UploadPart", cloud.Spec[s3.UploadPartInput]{
		Mutating: true,
		Actions:  func(c *cloud.Call, in *s3.UploadPartInput) []grant.Action { return uploading(c, in.Bucket, in.Key) },
	}, s.uploadPart)
	cloud.Register(s.cloud, "S3.CompleteMultipartUpload", cloud.Spec[s3.CompleteMultipartUploadInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *s3.CompleteMultipartUploadInput) []grant.Action {
			return uploading(c, in.Bucket, in.Key)
		},
	}, s.completeUpload)
	cloud.Register(s.cloud, "S3.AbortMultipartUpload", cloud.Spec[s3.AbortMultipartUploadInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *s3.AbortMultipartUploadInput) []grant.Action {
			return []grant.Action{{Name: "s3:AbortMultipartUpload", Resource: object(in.Bucket, in.Key)}}
		},
	}, func(call *cloud.Call, in *s3.AbortMultipartUploadInput) (*s3.AbortMultipartUploadOutput, error) {
		b, u, err := s.upload(call, in.Bucket, in.UploadId)
		if err != nil {
			return nil, err
		}
		delete(b.uploads, u.id)
		return &s3.AbortMultipartUploadOutput{}, nil
	})
	cloud.Register(s.cloud, "S3.ListMultipartUploads", cloud.Spec[s3.ListMultipartUploadsInput]{
		Actions: func(_ *cloud.Call, in *s3.ListMultipartUploadsInput) []grant.Action {
			return list(in.Bucket, "ListBucketMultipartUploads")
		},
	}, s.listUploads)
}

func (s *Service) upload(call *cloud.Call, name, id *string) (*bucket, *upload, error) {
	b, err := s.find(call, name)
	if err != nil {
		return nil, nil, err
	}
	u := b.uploads[aws.ToString(id)]
	if u == nil {
		return nil, nil, &types.NoSuchUpload{Message: aws.String("The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")}
	}
	return b, u, nil
}

func (s *Service) createUpload(call *cloud.Call, in *s3.CreateMultipartUploadInput) (*s3.CreateMultipartUploadOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := b.guard(*in.Key, nil, nil); err != nil {
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
	s.versions++
	request := *in
	request.Metadata = maps.Clone(in.Metadata)
	u := &upload{id: fmt.Sprintf("u%030d", s.versions), key: *in.Key, begun: s.cloud.Sim.Now(), request: &request, algorithm: in.ChecksumAlgorithm, kind: in.ChecksumType, tags: tags, keyARN: key, parts: map[int32]part{}}
	if u.algorithm == "" {
		u.algorithm = types.ChecksumAlgorithmCrc64nvme
	}
	if u.kind == "" { // the default: full object for CRC64NVME, composite for the others
		u.kind = types.ChecksumTypeComposite
		if u.algorithm == types.ChecksumAlgorithmCrc64nvme {
			u.kind = types.ChecksumTypeFullObject
		}
	}
	b.uploads[u.id] = u
	return &s3.CreateMultipartUploadOutput{Bucket: in.Bucket, Key: in.Key, UploadId: aws.String(u.id), ChecksumAlgorithm: u.algorithm, ChecksumType: u.kind, ServerSideEncryption: (&version{keyARN: key}).sse(), SSEKMSKeyId: (&version{keyARN: key}).shownKey()}, nil
}

func (s *Service) uploadPart(call *cloud.Call, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	_, u, err := s.upload(call, in.Bucket, in.UploadId)
	if err != nil {
		return nil, err
	}
	if *in.PartNumber < 1 || *in.PartNumber > 10_000 {
		return nil, cloud.Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	body, err := call.Body()
	if err != nil {
		return nil, cloud.Error("IncompleteBody", "The request body could not be read: %v", err)
	}
	if _, err := (claims{in.ContentMD5, in.ChecksumCRC32, in.ChecksumCRC32C, in.ChecksumCRC64NVME, in.ChecksumSHA1, in.ChecksumSHA256, in.ChecksumAlgorithm}).verify(call, body); err != nil {
		return nil, err
	}
	p := part{bytes.Clone(body), etag(body), full(u.algorithm, body)}
	u.parts[*in.PartNumber] = p
	f := p.sum.fields()
	return &s3.UploadPartOutput{ETag: aws.String(p.etag), ChecksumCRC32: f.crc32, ChecksumCRC32C: f.crc32c, ChecksumCRC64NVME: f.crc64, ChecksumSHA1: f.sha1, ChecksumSHA256: f.sha256}, nil
}

func (s *Service) completeUpload(call *cloud.Call, in *s3.CompleteMultipartUploadInput) (*s3.CompleteMultipartUploadOutput, error) {
	b, u, err := s.upload(call, in.Bucket, in.UploadId)
	if err != nil {
		return nil, err
	}
	if err := b.guard(u.key, in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	if in.MultipartUpload == nil || len(in.MultipartUpload.Parts) == 0 {
		return nil, cloud.Error("MalformedXML", "The XML you provided was not well-formed: no parts")
	}
	if !slices.IsSortedFunc(in.MultipartUpload.Parts, func(a, b types.CompletedPart) int { return int(aws.ToInt32(a.PartNumber) - aws.ToInt32(b.PartNumber)) }) {
		return nil, cloud.Error("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
	}
	var body, hashes, sums []byte
	var parts []part
	for i, named := range in.MultipartUpload.Parts {
		p, ok := u.parts[aws.ToInt32(named.PartNumber)]
		switch {
		case !ok || strings.Trim(aws.ToString(named.ETag), `"`) != strings.Trim(p.etag, `"`):
			return nil, cloud.Error("InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		case i < len(in.MultipartUpload.Parts)-1 && len(p.body) < minPart:
			return nil, cloud.Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		raw := md5.Sum(p.body)
		body, hashes, sums, parts = append(body, p.body...), append(hashes, raw[:]...), append(sums, digest(u.algorithm, p.body)...), append(parts, p)
	}
	sum := full(u.algorithm, body)
	if u.kind == types.ChecksumTypeComposite {
		// The checksum of the parts' checksums, with their number.
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
		sum = checksum{u.algorithm, base64.StdEncoding.EncodeToString(digest(u.algorithm, sums)) + fmt.Sprintf("-%d", len(parts)), u.kind}
	}
	for _, claim := range []*string{in.ChecksumCRC32, in.ChecksumCRC32C, in.ChecksumCRC64NVME, in.ChecksumSHA1, in.ChecksumSHA256} {
		if claim != nil && *claim != sum.value {
			return nil, cloud.Error("BadDigest", "The %s you specified did not match the calculated checksum.", u.algorithm)
		}
	}
	raw := md5.Sum(hashes)
	r := u.request
	v := &version{
		key: u.key, body: body, etag: fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(raw[:]), len(parts)), at: s.cloud.Sim.Now(), tags: u.tags, metadata: r.Metadata,
		contentType: aws.ToString(r.ContentType), sum: sum, parts: parts, class: r.StorageClass, keyARN: u.keyARN,
	}
	if err := s.lock(b, v, r.ObjectLockMode, r.ObjectLockRetainUntilDate, r.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	delete(b.uploads, u.id)
	s.add(b, v)
	f := sum.fields()
	return &s3.CompleteMultipartUploadOutput{
		Bucket: in.Bucket, Key: in.Key, ETag: aws.String(v.etag), VersionId: v.shownID(b), ServerSideEncryption: v.sse(), SSEKMSKeyId: v.shownKey(),
		ChecksumCRC32: f.crc32, ChecksumCRC32C: f.crc32c, ChecksumCRC64NVME: f.crc64, ChecksumSHA1: f.sha1, ChecksumSHA256: f.sha256, ChecksumType: sum.kind,
	}, nil
}

func (s *Service) listUploads(call *cloud.Call, in *s3.ListMultipartUploadsInput) (*s3.ListMultipartUploadsOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	out := &s3.ListMultipartUploadsOutput{Bucket: in.Bucket, IsTruncated: aws.Bool(false)}
	for _, u := range b.uploads {
		if strings.HasPrefix(u.key, aws.ToString(in.Prefix)) {
			out.Uploads = append(out.Uploads, types.MultipartUpload{Key: aws.String(u.key), UploadId: aws.String(u.id), Initiated: aws.Time(u.begun), ChecksumAlgorithm: u.algorithm, ChecksumType: u.kind})
		}
	}
	sort.Slice(out.Uploads, func(i, j int) bool {
		a, b := out.Uploads[i], out.Uploads[j]
		return *a.Key < *b.Key || *a.Key == *b.Key && *a.UploadId < *b.UploadId
	})
	return out, nil
}
