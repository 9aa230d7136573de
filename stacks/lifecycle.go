package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/environment"
)

// RetentionTag is the tag that says how long an object in the backup bucket is kept; its values are those of retentions.
const RetentionTag = "retention"

// retention is a class of backups.
type retention struct {
	tag  string
	kept environment.Duration
}

func retentions(e *environment.Environment) []retention {
	return []retention{
		{"daily", e.Backup.Data.Daily}, {"weekly", e.Backup.Data.Weekly}, {"monthly", e.Backup.Data.Monthly},
		{"configuration", e.Backup.Configuration}, {"infrastructure", e.Backup.Infrastructure},
	}
}

// expiry expires what carries a retention tag after its time. S3 counts days from the next midnight UTC, so nothing
// goes early, and removes the version a day after it became noncurrent: at most 48 hours late, and S3's own delay.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
// Lifecycle actions are not replicated, so the buckets of both regions carry the rules.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
func expiry(e *environment.Environment) []any {
	var rules []any
	for _, r := range retentions(e) {
		rules = append(rules, &awss3.CfnBucket_RuleProperty{
			Id: jsii.String(r.tag), Status: jsii.String("Enabled"),
			TagFilters:                  &[]any{&awss3.CfnBucket_TagFilterProperty{Key: jsii.String(RetentionTag), Value: jsii.String(r.tag)}},
			ExpirationInDays:            jsii.Number(r.kept.Days()),
			NoncurrentVersionExpiration: &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: jsii.Number(1)},
		})
	}
	return append(rules, tidying())
}

// tidying removes delete markers that hide nothing any more, and uploads that were never finished. It has no filter: S3
// allows neither beside tags.
func tidying() any {
	return &awss3.CfnBucket_RuleProperty{
		Id: jsii.String("tidying"), Status: jsii.String("Enabled"), ExpiredObjectDeleteMarker: jsii.Bool(true),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: jsii.Number(7)},
	}
}

// oldVersions removes versions that were overwritten or deleted so many days ago.
func oldVersions(days int32) any {
	return &awss3.CfnBucket_RuleProperty{
		Id: jsii.String("old-versions"), Status: jsii.String("Enabled"),
		NoncurrentVersionExpiration: &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: jsii.Number(days)},
	}
}

// aged removes everything after so many days.
func aged(days int32) any {
	return &awss3.CfnBucket_RuleProperty{
		Id: jsii.String("aged"), Status: jsii.String("Enabled"), ExpirationInDays: jsii.Number(days),
		NoncurrentVersionExpiration: &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: jsii.Number(1)},
	}
}
