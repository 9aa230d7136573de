package s3

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// page is the most that one listing returns.
const page = 1000

func (s *Service) registerLists() {
	cloud.Register(s.cloud, "S3.ListObjectsV2", cloud.Spec[s3.ListObjectsV2Input]{
		// S3 has strong read-after-write consistency: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel.
		Current: cloud.Consistent[s3.ListObjectsV2Input],
		Actions: func(_ *cloud.Call, in *s3.ListObjectsV2Input) []grant.Action { return list(in.Bucket, "ListBucket") },
	}, s.listObjects)
	cloud.Register(s.cloud, "S3.ListObjectVersions", cloud.Spec[s3.ListObjectVersionsInput]{
		Current: cloud.Consistent[s3.ListObjectVersionsInput],
		Actions: func(_ *cloud.Call, in *s3.ListObjectVersionsInput) []grant.Action {
			return list(in.Bucket, "ListBucketVersions")
		},
	}, s.listVersions)
	cloud.Register(s.cloud, "S3.HeadBucket", cloud.Spec[s3.HeadBucketInput]{
		Actions: func(_ *cloud.Call, in *s3.HeadBucketInput) []grant.Action { return list(in.Bucket, "ListBucket") },
	}, func(call *cloud.Call, in *s3.HeadBucketInput) (*s3.HeadBucketOutput, error) {
		b := s.buckets[*in.Bucket]
		if b == nil {
			return nil, &types.NotFound{Message: aws.String("Not Found")}
		}
		return &s3.HeadBucketOutput{BucketRegion: aws.String(b.Region)}, nil
	})
}

func limit(asked *int32) int {
	if asked == nil || *asked > page {
		return page
	}
	return int(*asked)
}

func (s *Service) listObjects(call *cloud.Call, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	after := aws.ToString(in.StartAfter)
	if in.ContinuationToken != nil {
		after = *in.ContinuationToken // in AWS it is opaque
	}
	prefix, delimiter, most := aws.ToString(in.Prefix), aws.ToString(in.Delimiter), limit(in.MaxKeys)
	out := &s3.ListObjectsV2Output{Name: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, MaxKeys: aws.Int32(int32(most)), IsTruncated: aws.Bool(false)}
	last := ""
	for _, key := range b.sorted(prefix) {
		v := b.latest(key)
		group, grouped := commonPrefix(key, prefix, delimiter)
		if v == nil || key <= after || grouped && (group == last || strings.HasPrefix(after, group)) {
			continue
		}
		if len(out.Contents)+len(out.CommonPrefixes) == most {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String(last)
			break
		}
		if last = key; grouped {
			last = group
			out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: aws.String(group)})
			continue
		}
		out.Contents = append(out.Contents, types.Object{
			Key: aws.String(key), ETag: aws.String(v.etag), Size: aws.Int64(int64(len(v.body))), LastModified: aws.Time(v.at),
			StorageClass: shownClass[types.ObjectStorageClass](v), ChecksumAlgorithm: []types.ChecksumAlgorithm{v.sum.algorithm}, ChecksumType: v.sum.kind,
		})
	}
	out.KeyCount = aws.Int32(int32(len(out.Contents) + len(out.CommonPrefixes)))
	return out, nil
}

func shownClass[T ~string](v *version) T {
	if v.class == "" {
		return "STANDARD"
	}
	return T(v.class)
}

func commonPrefix(key, prefix, delimiter string) (group string, ok bool) {
	if delimiter == "" {
		return "", false
	}
	at := strings.Index(key[len(prefix):], delimiter)
	if at < 0 {
		return "", false
	}
	return key[:len(prefix)+at+len(delimiter)], true
}

func (s *Service) listVersions(call *cloud.Call, in *s3.ListObjectVersionsInput) (*s3.ListObjectVersionsOutput, error) {
	b, err := s.find(call, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.Delimiter != nil {
		return nil, cloud.Error("NotImplemented", "the lab lists versions without a delimiter")
	}
	most, count := limit(in.MaxKeys), 0
	out := &s3.ListObjectVersionsOutput{Name: in.Bucket, Prefix: in.Prefix, MaxKeys: aws.Int32(int32(most)), IsTruncated: aws.Bool(false)}
	marker, skipping := aws.ToString(in.KeyMarker), aws.ToString(in.VersionIdMarker)
	for _, key := range b.sorted(aws.ToString(in.Prefix)) {
		if key < marker || key == marker && skipping == "" {
			continue
		}
		for i, v := range slices.Backward(b.objects[key]) { // newest first
			if key == marker && skipping != "" {
				if v.id == skipping {
					skipping = ""
				}
				continue
			}
			if count == most {
				out.IsTruncated = aws.Bool(true)
				return out, nil
			}
			count++
			out.NextKeyMarker, out.NextVersionIdMarker = aws.String(key), aws.String(v.id)
			newest := aws.Bool(i == len(b.objects[key])-1)
			if v.marker {
				out.DeleteMarkers = append(out.DeleteMarkers, types.DeleteMarkerEntry{Key: aws.String(key), VersionId: aws.String(v.id), IsLatest: newest, LastModified: aws.Time(v.at)})
				continue
			}
			out.Versions = append(out.Versions, types.ObjectVersion{
				Key: aws.String(key), VersionId: aws.String(v.id), IsLatest: newest, LastModified: aws.Time(v.at), ETag: aws.String(v.etag),
				Size: aws.Int64(int64(len(v.body))), StorageClass: shownClass[types.ObjectVersionStorageClass](v), ChecksumAlgorithm: []types.ChecksumAlgorithm{v.sum.algorithm}, ChecksumType: v.sum.kind,
			})
		}
		if key == marker {
			skipping = ""
		}
	}
	out.NextKeyMarker, out.NextVersionIdMarker = nil, nil
	return out, nil
}
