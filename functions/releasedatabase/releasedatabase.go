// Package releasedatabase deletes a database that a failback or a restore put aside, when its time is over.
//
// It refuses to delete anything that does not carry the name and the tag of what was put aside, that is younger than the
// environment keeps it, that a replica follows, that has no verified snapshot of itself, or beside which there is no live
// database: it never deletes an only copy. It decides nothing about approval: the machine asks before.
package releasedatabase

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restore"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{
	failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.QuotaReached, failure.KeyMissing, failure.Unsafe, failure.Failed, failure.Internal,
}

// Input says what to do with which instance of the region.
type Input struct {
	Action   string `json:"action"`   // check, snapshot, delete or protect
	Instance string `json:"instance"` // acso-production-db-before-20260115-110000-0a1b2c3d
}

// Output is how far it is.
type Output struct {
	Done            bool   `json:"done"`
	Instance        string `json:"instance"`
	Snapshot        string `json:"snapshot"` // the last one
	AgeSeconds      int64  `json:"ageSeconds"`
	ApprovalSeconds int    `json:"approvalTimeoutSeconds"`
	Detail          string `json:"detail"`
}

// Handler releases in its region.
type Handler struct {
	p   platform.Platform
	rds *rds.Client
	s3  *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, rds: rds.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS)}
}

// Grants is what it may do: only to what was put aside.
func Grants(e *environment.Environment, region string) []grant.Grant {
	live := database.ARN(e, region)
	kept, bucket := live+"-before-*", "arn:aws:s3:::"+e.BucketIn(region, e.Buckets.Compliance)
	last := fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s-before-*", region, e.Account, e.DatabaseIn(region))
	return []grant.Grant{
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{live, kept}},
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{last}},
		{Actions: []string{"rds:CreateDBSnapshot"}, Resources: []string{kept, last}},
		{Actions: []string{"rds:AddTagsToResource"}, Resources: []string{last}},
		{Actions: []string{"rds:ModifyDBInstance", "rds:DeleteDBInstance"}, Resources: []string{kept}},
		{Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
	}
}

// Handle checks everything again before each action: between two of them days may have passed.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	op := "release " + in.Instance
	kept, err := h.kept(op, in.Instance)
	if err != nil {
		return Output{}, err
	}
	instance, err := database.Find(ctx, h.rds, in.Instance)
	if err != nil {
		return Output{}, err
	}
	out := Output{
		Instance: in.Instance, Snapshot: in.Instance + "-last", AgeSeconds: int64(h.p.Clock.Now().Sub(kept).Seconds()),
		ApprovalSeconds: h.p.Environment.Policies.Approval.Timeout.Seconds(),
	}
	if instance == nil {
		if in.Action == "delete" || in.Action == "protect" {
			out.Done, out.Detail = true, "it is gone"
			return out, nil
		}
		return out, failure.New(failure.NotFound, op, "there is no such instance in %s", h.p.Region())
	}
	if in.Action == "protect" {
		return h.protect(ctx, out, op, instance, true)
	}
	if err := h.releasable(ctx, op, instance, kept); err != nil {
		return out, err
	}
	switch in.Action {
	case "check":
		out.Done, out.Detail = true, fmt.Sprintf("put aside %s, %d GiB, kept by %s", kept.Format(time.RFC3339), aws.ToInt32(instance.AllocatedStorage), tag(instance, restore.KeptTag))
		return out, nil
	case "snapshot":
		return h.snapshot(ctx, out, op, instance)
	case "delete":
		return h.delete(ctx, out, op, instance)
	}
	return out, failure.New(failure.InvalidInput, op, "action %q is none of check, snapshot, delete, protect", in.Action)
}

// suffix is how a name ends that restore.Name made: a time and eight digits.
const suffix = "20060102-150405"

// kept is when an instance was put aside, by its name, which nothing but a failback or a restore gives.
func (h *Handler) kept(op, name string) (time.Time, error) {
	rest, ok := strings.CutPrefix(name, h.p.Environment.DatabaseIn(h.p.Region())+"-before-")
	if !ok || len(rest) != len(suffix)+9 {
		return time.Time{}, failure.New(failure.Unsafe, op, "the name is not that of a database of %s that was put aside", h.p.Region()).
			Next("list them: aws rds describe-db-instances --region %s", h.p.Region())
	}
	at, err := time.Parse(suffix, rest[:len(suffix)])
	if err != nil {
		return time.Time{}, failure.New(failure.Unsafe, op, "the name has no time in it")
	}
	return at, nil
}

// releasable refuses everything that must not be deleted.
func (h *Handler) releasable(ctx context.Context, op string, i *types.DBInstance, kept time.Time) error {
	keep := h.p.Environment.Policies.KeepOld.Std()
	by := tag(i, restore.KeptTag)
	switch over := kept.Add(keep); {
	case by == "":
		return failure.New(failure.Unsafe, op, "it has no tag %s: nothing of ours put it aside", restore.KeptTag)
	case h.p.Clock.Now().Before(over):
		return failure.New(failure.Unsafe, op, "it is kept until %s (policies.keepOld is %s)", over.UTC().Format(time.RFC3339), h.p.Environment.Policies.KeepOld).
			Next("start the release again after that")
	case len(i.ReadReplicaDBInstanceIdentifiers) > 0:
		return failure.New(failure.Unsafe, op, "%s follows it", strings.Join(i.ReadReplicaDBInstanceIdentifiers, ", "))
	}
	live, err := database.Find(ctx, h.rds, h.p.Environment.DatabaseIn(h.p.Region()))
	if err != nil {
		return err
	}
	if live == nil || aws.ToString(live.DBInstanceStatus) != "available" && aws.ToString(live.DBInstanceStatus) != "backing-up" {
		return failure.New(failure.Unsafe, op, "%s is not there or does not serve: the old one may be needed", h.p.Environment.DatabaseIn(h.p.Region()))
	}
	return h.reported(ctx, op, i, by)
}

// reported refuses to delete the old primary of a failback before what never arrived was listed, if only in part: then a
// person accepted that. The database of the region that was left as planned has the same rows as its successor.
func (h *Handler) reported(ctx context.Context, op string, i *types.DBInstance, by string) error {
	e := h.p.Environment
	if !strings.HasPrefix(by, fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:", h.p.Region(), e.Account, e.MachineName("failback"))) {
		return nil
	}
	bucket, key := e.BucketIn(h.p.Region(), e.Buckets.Compliance), "failback/"+aws.ToString(i.DBInstanceIdentifier)+"/missing-transactions.json"
	out, err := h.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(1)})
	if err != nil {
		return failure.FromAWS(err, "look for s3://%s/%s", bucket, key)
	}
	if len(out.Contents) == 0 {
		return failure.New(failure.Unsafe, op, "what it has and its successor lacks was never listed: there is no s3://%s/%s", bucket, key).
			Next("compare the two by hand and store the result there")
	}
	return nil
}

func tag(i *types.DBInstance, key string) string {
	for _, t := range i.TagList {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
