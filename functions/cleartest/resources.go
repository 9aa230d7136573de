package cleartest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// clearDatabase deletes a throwaway instance, without a last snapshot and with its backups. RDS deletes nothing that it is
// still making, so that has to be waited for.
func (h *Handler) clearDatabase(ctx context.Context, in Input, name string, out *Output) error {
	if err := restoretest.Own(h.p.Environment, in.Execution, name); err != nil {
		return err
	}
	found, err := h.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	var missing *rdstypes.DBInstanceNotFoundFault
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return failure.FromAWS(err, "describe database %s", name)
	}
	for _, i := range found.DBInstances {
		status := aws.ToString(i.DBInstanceStatus)
		if !carries(i.TagList, in.Execution) {
			out.Strangers = append(out.Strangers, "database "+name+", which does not carry the tag of this test")
			continue
		}
		out.Left = append(out.Left, "database "+name+" is "+status)
		if status == "deleting" || status == "creating" {
			continue
		}
		_, err := h.rds.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
			DBInstanceIdentifier: aws.String(name), SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true),
		})
		var busy *rdstypes.InvalidDBInstanceStateFault
		if err != nil && !errors.As(err, &busy) && !errors.As(err, &missing) { // it is deleted by now, or by a later call
			return failure.FromAWS(err, "delete database %s", name)
		}
	}
	return nil
}

func carries(list []rdstypes.Tag, execution string) bool {
	for _, tag := range list {
		if aws.ToString(tag.Key) == restoretest.Tag {
			return aws.ToString(tag.Value) == execution
		}
	}
	return false
}

// clearObjects deletes the test's folder in the throwaway bucket, as far as the time goes, and what was never finished.
func (h *Handler) clearObjects(ctx context.Context, in Input, until time.Time, out *Output) error {
	bucket := aws.String(h.p.Environment.RestoreTestBucket(h.p.Region()))
	keys, uploads, err := h.stored(ctx, in)
	if err != nil {
		return err
	}
	for n, key := range keys {
		if !h.p.Clock.Now().Before(until) {
			out.Left = append(out.Left, fmt.Sprintf("%d objects in s3://%s", len(keys)-n, *bucket))
			break
		}
		if _, err := h.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String(key)}); err != nil {
			return failure.FromAWS(err, "delete s3://%s/%s", *bucket, key)
		}
	}
	for _, u := range uploads {
		_, err := h.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: aws.String(u[0]), UploadId: aws.String(u[1])})
		if err != nil && failure.Code(err) != "NoSuchUpload" {
			return failure.FromAWS(err, "end the upload of s3://%s/%s", *bucket, u[0])
		}
	}
	return nil
}

// stored are the keys in the test's folder, and the uploads that began in it, by key and identifier.
func (h *Handler) stored(ctx context.Context, in Input) (keys []string, uploads [][2]string, err error) {
	e := h.p.Environment
	bucket, folder := e.RestoreTestBucket(h.p.Region()), restoretest.Folder(e, in.Execution)
	list := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(folder)}
	for {
		page, err := h.s3.ListObjectsV2(ctx, list)
		if err != nil {
			return nil, nil, failure.FromAWS(err, "list s3://%s/%s", bucket, folder)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		if list.ContinuationToken = page.NextContinuationToken; !aws.ToBool(page.IsTruncated) {
			break
		}
	}
	begun := &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket), Prefix: aws.String(folder)}
	for {
		page, err := h.s3.ListMultipartUploads(ctx, begun)
		if err != nil {
			return nil, nil, failure.FromAWS(err, "list the uploads to s3://%s/%s", bucket, folder)
		}
		for _, u := range page.Uploads {
			uploads = append(uploads, [2]string{aws.ToString(u.Key), aws.ToString(u.UploadId)})
		}
		if begun.KeyMarker, begun.UploadIdMarker = page.NextKeyMarker, page.NextUploadIdMarker; !aws.ToBool(page.IsTruncated) {
			return keys, uploads, nil
		}
	}
}

// namesPerCall is the most that DeleteParameters takes.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html
const namesPerCall = 10

func (h *Handler) clearParameters(ctx context.Context, in Input, until time.Time, out *Output) error {
	names, err := h.configured(ctx, in)
	for len(names) > 0 && err == nil {
		if !h.p.Clock.Now().Before(until) {
			out.Left = append(out.Left, fmt.Sprintf("%d parameters", len(names)))
			return nil
		}
		some := names[:min(len(names), namesPerCall)]
		names = names[len(some):]
		_, err = h.ssm.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: some})
	}
	return failure.FromAWS(err, "delete the parameters below %s", restoretest.Parameters(h.p.Environment, in.Execution))
}

// configured are the names of the test's parameters. Their values are not asked for.
func (h *Handler) configured(ctx context.Context, in Input) ([]string, error) {
	return parameters.Names(ctx, h.ssm, restoretest.Parameters(h.p.Environment, in.Execution))
}
