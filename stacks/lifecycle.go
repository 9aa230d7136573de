package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

// expiry is the lifecycle of the recovery points: the rules that package retention proves against its solver, and those on
// what is in no point.
// Lifecycle actions are not replicated, so the buckets of both regions carry the rules.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
func expiry(e *environment.Environment) []any {
	kept := retention.From(e)
	var rules []any
	for _, expires := range append(retention.Lifecycle(kept), retention.Passing(kept)...) {
		rule := &awss3.CfnBucket_RuleProperty{
			Id: jsii.String(expires.ID), Status: jsii.String("Enabled"), ExpirationInDays: jsii.Number(expires.Days),
			NoncurrentVersionExpiration: &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: jsii.Number(expires.Noncurrent)},
		}
		if expires.Class != "" {
			rule.TagFilters = &[]any{&awss3.CfnBucket_TagFilterProperty{Key: jsii.String(retention.TagKey), Value: jsii.String(string(expires.Class))}}
		} else {
			rule.Prefix = jsii.String(expires.Prefix)
		}
		rules = append(rules, rule)
	}
	return append(rules, tidying())
}

// tidying removes delete markers that hide nothing any more, and uploads that were never finished. It has no filter: S3
// allows neither beside tags.
func tidying() any {
	return &awss3.CfnBucket_RuleProperty{
		Id: jsii.String("tidying"), Status: jsii.String("Enabled"), ExpiredObjectDeleteMarker: jsii.Bool(true),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: jsii.Number(retention.UnfinishedUploads)},
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
