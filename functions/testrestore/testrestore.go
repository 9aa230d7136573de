// Package testrestore restores recovery points into throwaway resources and checks what came out: the database by queries,
// objects byte for byte against their manifest, parameters value by value, the infrastructure's archive file by file against its commit.
//
// It cannot touch production: it makes nothing under a name that does not derive from a test's execution, deletes nothing at
// all, and its grants change nothing but acso-restoretest-*. It refuses points of another environment and whatever carries
// its names without its tag. What production has it only reads, and its database not even that: the one right that no name
// narrows, to log in to a database, is used on instances that this test made, in a network of their own.
package testrestore

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{
	failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.QuotaReached, failure.KeyMissing, failure.Unsafe, failure.Failed, failure.Internal,
}

// Input says what to do for which execution.
type Input struct {
	Action    string                `json:"action"`             // plan, database, query, objects, parameters or archive
	Execution string                `json:"execution"`          // ARN; all names derive from it
	Snapshot  string                `json:"snapshot,omitempty"` // plan: this one instead of the newest verified
	Database  *restoretest.Database `json:"database,omitempty"` // database, query
	Point     *restoretest.Point    `json:"point,omitempty"`    // objects, parameters, archive
	After     string                `json:"after,omitempty"`    // objects: the key that the last call got to
	Checked   int                   `json:"checked,omitempty"`  // objects: restored and compared by the calls before
	Bytes     int64                 `json:"bytes,omitempty"`    // objects: the same in bytes
}

// Output is how far the action is; plan gives the plan.
type Output struct {
	Done    bool              `json:"done"`   // false: repeat the action
	Detail  string            `json:"detail"` // what was seen
	Plan    *restoretest.Plan `json:"plan,omitempty"`
	After   string            `json:"after"`   // objects: give it to the next call
	Checked int               `json:"checked"` // objects, parameters or templates that are what they were
	Bytes   int64             `json:"bytes"`
}

// Handler restores in its region.
type Handler struct {
	p   platform.Platform
	rds *rds.Client
	ec2 *ec2.Client
	s3  *s3.Client
	ssm *ssm.Client
	kms *kms.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, rds: rds.NewFromConfig(p.AWS), ec2: ec2.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS),
		ssm: ssm.NewFromConfig(p.AWS), kms: kms.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do: read what is backed up, and make what has a throwaway name. It may change and delete nothing.
func Grants(e *environment.Environment, region string) []grant.Grant {
	in := func(service, region, rest string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, rest)
	}
	own := func(service, rest string) string { return in(service, region, rest) }
	made := own("rds", "db:"+e.RestoreTest()+"-*")
	backups, throwaway := "arn:aws:s3:::"+e.BucketIn(region, e.Buckets.Backups), "arn:aws:s3:::"+e.RestoreTestBucket(region)
	parameter := own("ssm", "parameter/"+e.RestoreTest()+"-*")
	return []grant.Grant{
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{own("rds", "snapshot:*"), in("rds", e.Pair(region), "snapshot:*")}},
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region), made}},
		{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{own("rds", "auto-backup:*")}},
		{Actions: []string{"ec2:DescribeSecurityGroups"}, Resources: []string{"*"}},
		// Both are checked on what is restored from, too: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
		{Actions: []string{"rds:RestoreDBInstanceFromDBSnapshot"}, Resources: append(restoretest.Snapshots(e, region), made, own("rds", "subgrp:"+e.RestoreTest()))},
		{Actions: []string{"rds:RestoreDBInstanceToPointInTime"}, Resources: []string{made, database.ARN(e, region), own("rds", "subgrp:"+e.RestoreTest())}},
		{Actions: []string{"rds:AddTagsToResource"}, Resources: []string{made}},
		{Actions: []string{"kms:CreateGrant", "kms:DescribeKey"}, Resources: []string{own("kms", "key/*")}},
		// The resource carries the instance's DbiResourceId, which no name narrows:
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
		{Actions: []string{"rds-db:connect"}, Resources: []string{own("rds-db", "dbuser:*/"+database.User)}},
		{Actions: []string{"s3:ListBucket"}, Resources: []string{backups}},
		{Actions: []string{"s3:GetObject"}, Resources: []string{backups + "/*/manifests/*", throwaway + "/*"}},
		{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{backups + "/*"}},
		{Actions: []string{"s3:PutObject"}, Resources: []string{throwaway + "/*"}},
		{Actions: []string{"ssm:PutParameter", "ssm:GetParametersByPath"}, Resources: []string{parameter}},
		{Actions: []string{"kms:Decrypt", "kms:Encrypt"}, Resources: []string{own("kms", "key/*")}},
	}
}

// Handle does one action, as far as one call gets; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if err := restoretest.Check(h.p.Environment, h.p.Region(), in.Execution); err != nil {
		return Output{}, err
	}
	const op = "test a restore"
	switch in.Action {
	case "plan":
		return h.plan(ctx, in)
	case "database", "query":
		if in.Database == nil {
			return Output{}, failure.New(failure.InvalidInput, op, "%s needs a database", in.Action)
		}
		if err := restoretest.Own(h.p.Environment, in.Execution, in.Database.Instance); err != nil {
			return Output{}, err
		}
		if in.Action == "query" {
			return h.query(ctx, in)
		}
		return h.database(ctx, in)
	case "objects", "parameters", "archive":
		if in.Point == nil {
			return Output{}, failure.New(failure.InvalidInput, op, "%s needs a point", in.Action)
		}
		switch in.Action {
		case "objects":
			return h.objects(ctx, in)
		case "parameters":
			return h.parameters(ctx, in)
		}
		return h.archive(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, op, "action %q is none of plan, database, query, objects, parameters, archive", in.Action)
}
