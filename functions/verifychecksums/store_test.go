package verifychecksums_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// store is one bucket whose contents a test can spoil: what bit rot, a careless person and a broken connection do.
type store struct {
	objects map[string][]byte
	gone    map[string]bool // hidden by a delete marker: readable by version only
	broken  map[string]bool // the connection breaks half-way
	most    int             // bytes of the largest single read from a body
	metrics []float64
}

// serve answers S3 and CloudWatch calls from the store.
func (b *store) serve(c *cloud.Cloud, bucket string) {
	arn := "arn:aws:s3:::" + bucket
	one := func(name, resource string) []grant.Action { return []grant.Action{{Name: name, Resource: resource}} }
	cloud.Register(c, "S3.GetObject", cloud.Spec[s3.GetObjectInput]{Actions: func(_ *cloud.Call, in *s3.GetObjectInput) []grant.Action {
		if in.VersionId != nil {
			return one("s3:GetObjectVersion", arn+"/"+*in.Key)
		}
		return one("s3:GetObject", arn+"/"+*in.Key)
	}}, func(_ *cloud.Call, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
		body, stored := b.objects[*in.Key]
		if !stored || b.gone[*in.Key] && in.VersionId == nil {
			return nil, &types.NoSuchKey{}
		}
		out := &s3.GetObjectOutput{VersionId: aws.String("v1"), ETag: aws.String("e1")}
		if in.Range != nil {
			from, to := 0, 0
			if _, err := fmt.Sscanf(*in.Range, "bytes=%d-%d", &from, &to); err != nil {
				return nil, err
			}
			out.ContentRange = aws.String(fmt.Sprintf("bytes %d-%d/%d", from, to, len(body)))
			body = body[from:min(to+1, len(body))]
		}
		out.ContentLength, out.Body = aws.Int64(int64(len(body))), io.NopCloser(&stream{b, bytes.NewReader(body), b.broken[*in.Key]})
		return out, nil
	})
	cloud.Register(c, "S3.HeadObject", cloud.Spec[s3.HeadObjectInput]{Actions: func(_ *cloud.Call, in *s3.HeadObjectInput) []grant.Action {
		return one("s3:GetObject", arn+"/"+*in.Key)
	}}, func(_ *cloud.Call, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
		if _, stored := b.objects[*in.Key]; !stored {
			return nil, &types.NotFound{}
		}
		return &s3.HeadObjectOutput{VersionId: aws.String("v1")}, nil
	})
	cloud.Register(c, "S3.PutObject", cloud.Spec[s3.PutObjectInput]{Mutating: true, Actions: func(_ *cloud.Call, in *s3.PutObjectInput) []grant.Action {
		return one("s3:PutObject", arn+"/"+*in.Key)
	}}, func(call *cloud.Call, in *s3.PutObjectInput) (*s3.PutObjectOutput, error) {
		body, err := call.Body()
		b.objects[*in.Key] = body
		return &s3.PutObjectOutput{}, err
	})
	cloud.Register(c, "S3.ListObjectsV2", cloud.Spec[s3.ListObjectsV2Input]{Actions: func(*cloud.Call, *s3.ListObjectsV2Input) []grant.Action {
		return one("s3:ListBucket", arn)
	}}, func(_ *cloud.Call, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
		var keys []string
		for key := range b.objects {
			if strings.HasPrefix(key, *in.Prefix) && key > max(aws.ToString(in.ContinuationToken), aws.ToString(in.StartAfter)) && !b.gone[key] {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(len(keys) > 2)}
		for _, key := range keys[:min(2, len(keys))] { // small pages, so that every listing has several
			out.Contents = append(out.Contents, types.Object{Key: aws.String(key), Size: aws.Int64(int64(len(b.objects[key])))})
			out.NextContinuationToken = aws.String(key)
		}
		return out, nil
	})
	cloud.Register(c, "CloudWatch.PutMetricData", cloud.Spec[cloudwatch.PutMetricDataInput]{Mutating: true, Actions: func(*cloud.Call, *cloudwatch.PutMetricDataInput) []grant.Action {
		return one("cloudwatch:PutMetricData", "*")
	}}, func(_ *cloud.Call, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
		if *in.Namespace != "ACSO/Backup" || *in.MetricData[0].MetricName != "VerificationStatus" {
			return nil, fmt.Errorf("unexpected metric %s", *in.MetricData[0].MetricName)
		}
		b.metrics = append(b.metrics, *in.MetricData[0].Value)
		return &cloudwatch.PutMetricDataOutput{}, nil
	})
}

// stream is a body that notes how much is asked for at once, and may break.
type stream struct {
	store *store
	from  *bytes.Reader
	cut   bool
}

func (s *stream) Read(p []byte) (int, error) {
	s.store.most = max(s.store.most, len(p))
	if s.cut && s.from.Len() <= int(s.from.Size())/2 {
		return 0, errors.New("connection reset by peer")
	}
	if s.cut {
		p = p[:min(len(p), int(s.from.Size()+1)/2)]
	}
	return s.from.Read(p)
}
