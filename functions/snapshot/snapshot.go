// Package snapshot takes a manual snapshot of the database of the region it runs in, named from the execution.
//
// It refuses to make room: when the snapshot quota is reached it says so and removes nothing. It never waits: the state
// machine asks for the status until the snapshot is available. A snapshot of the same name that another execution took
// is a failure, not a success. It stands down in a region that is not active, where the database is a copy.
package snapshot

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{
	failure.InvalidInput, failure.StandingBy, failure.NotFound, failure.Unavailable, failure.Denied, failure.QuotaReached, failure.KeyMissing, failure.Unsafe, failure.Failed,
	failure.Internal,
}

// Tag carries the name of the execution that took a snapshot.
const Tag = "acso:execution"

// Input says what to do for which execution.
type Input struct {
	Action    string    `json:"action"`    // take (the default) or status
	Execution string    `json:"execution"` // name of the execution; the snapshot's name derives from it
	Started   time.Time `json:"started"`   // when the execution started
	// Class is how long it is kept: manual (the default; the daily ones and those that people take) or automated, see
	// internal/retention.
	Class retention.Class `json:"class"`
}

// Status is how far a snapshot is.
type Status string

// The statuses. A snapshot that failed is an error and not a status.
const (
	Waiting   Status = "waiting"   // the instance cannot be snapshotted just now
	Creating  Status = "creating"  // RDS is working on it
	Available Status = "available" // done
)

// Output is the snapshot as RDS knows it.
type Output struct {
	Snapshot string `json:"snapshot"` // identifier
	ARN      string `json:"arn"`      // "" while waiting
	Database string `json:"database"`
	Region   string `json:"region"`
	Status   Status `json:"status"`
	Detail   string `json:"detail"`  // why it waits, or RDS's own status
	SizeGiB  int32  `json:"sizeGiB"` // allocated storage
	Key      string `json:"key"`     // KMS key, "" when not encrypted
	Created  string `json:"created"` // RFC 3339, UTC; "" until RDS says so
}

// Handler takes snapshots.
type Handler struct {
	p      platform.Platform
	client *rds.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler { return &Handler{p: p, client: rds.NewFromConfig(p.AWS)} }

// Grants is what it may do: snapshot this region's database and look at it. It may delete nothing.
func Grants(e *environment.Environment, region string) []grant.Grant {
	database := fmt.Sprintf("arn:aws:rds:%s:%s:db:%s", region, e.Account, e.DatabaseIn(region))
	snapshots := fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s-*", region, e.Account, e.DatabaseIn(region))
	return append(incident.ActiveGrants(e, region), []grant.Grant{
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database}},
		{Actions: []string{"rds:DescribeDBSnapshots", "rds:AddTagsToResource"}, Resources: []string{snapshots}},
		// Checked on both: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
		{Actions: []string{"rds:CreateDBSnapshot"}, Resources: []string{database, snapshots}},
	}...)
}

// Name is the snapshot's identifier: the database, the start of the execution (UTC) and eight digits of its name's digest,
// since an execution's name may hold characters and lengths that RDS refuses.
func Name(database, execution string, started time.Time) string {
	sum := sha256.Sum256([]byte(execution))
	return database + "-" + started.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(sum[:4])
}

// Handle describes, compares and acts.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Execution == "" || in.Started.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, "take a snapshot", "execution %q started %s: both are needed for its name", in.Execution, in.Started)
	}
	database := h.p.Environment.DatabaseIn(h.p.Region())
	name := Name(database, in.Execution, in.Started)
	class, err := catalog.ClassTag(in.Class)
	if err != nil {
		return Output{}, err
	}
	found, err := h.describe(ctx, name)
	if err != nil {
		return Output{}, err
	}
	switch {
	case in.Action != "" && in.Action != "take" && in.Action != "status":
		return Output{}, failure.New(failure.InvalidInput, "take snapshot "+name, "action %q is neither take nor status", in.Action)
	case found != nil:
		return h.report(*found, in.Execution)
	case in.Action == "status":
		return Output{}, failure.New(failure.NotFound, "look at snapshot "+name, "it does not exist").Next("look in CloudTrail for DeleteDBSnapshot, then start backup-database again")
	}
	return h.take(ctx, database, name, class, in)
}

func (h *Handler) describe(ctx context.Context, name string) (*types.DBSnapshot, error) {
	out, err := h.client.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String(name)})
	var missing *types.DBSnapshotNotFoundFault
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, failure.FromAWS(err, "describe snapshot %s in %s", name, h.p.Region())
	}
	for _, s := range out.DBSnapshots {
		if aws.ToString(s.DBSnapshotIdentifier) == name {
			return &s, nil
		}
	}
	return nil, nil
}

func (h *Handler) take(ctx context.Context, database, name string, class types.Tag, in Input) (Output, error) {
	op := "take snapshot " + name + " of " + database + " in " + h.p.Region()
	if err := incident.RequireActive(ctx, h.p, op); err != nil {
		return Output{}, err
	}
	instances, err := h.client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(database)})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	if len(instances.DBInstances) != 1 {
		return Output{}, failure.New(failure.NotFound, op, "RDS lists %d instances of that name", len(instances.DBInstances))
	}
	waiting := Output{Snapshot: name, Database: database, Region: h.p.Region(), Status: Waiting}
	if status := aws.ToString(instances.DBInstances[0].DBInstanceStatus); status != "available" {
		waiting.Detail = database + " is " + status
		return waiting, nil
	}
	created, err := h.client.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{
		DBInstanceIdentifier: aws.String(database), DBSnapshotIdentifier: aws.String(name),
		Tags: []types.Tag{{Key: aws.String(Tag), Value: aws.String(in.Execution)}, class},
	})
	var taken *types.DBSnapshotAlreadyExistsFault
	var busy *types.InvalidDBInstanceStateFault
	switch {
	case errors.As(err, &taken): // our own call whose answer was lost, or another execution's: the tag tells
		found, err := h.describe(ctx, name)
		if err != nil {
			return Output{}, err
		}
		if found == nil {
			return Output{}, failure.New(failure.Unavailable, op, "RDS says that the name is taken and does not list it yet")
		}
		return h.report(*found, in.Execution)
	case errors.As(err, &busy):
		waiting.Detail = busy.ErrorMessage()
		return waiting, nil
	case failure.Code(err) == "SnapshotQuotaExceeded":
		return Output{}, failure.New(failure.QuotaReached, op, "%w", err).Next("have the RDS quota of manual snapshots in %s raised; remove none to make room", h.p.Region())
	case err != nil:
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return h.report(*created.DBSnapshot, in.Execution)
}

// report turns what RDS says into the answer: anything but creating and available is raised.
func (h *Handler) report(s types.DBSnapshot, execution string) (Output, error) {
	name, status := aws.ToString(s.DBSnapshotIdentifier), aws.ToString(s.Status)
	op := "take snapshot " + name + " in " + h.p.Region()
	if owner := tag(s.TagList, Tag); owner != execution {
		return Output{}, failure.New(failure.Unsafe, op, "the name belongs to a snapshot of execution %q", owner).Next("start backup-database again under another name")
	}
	out := Output{
		Snapshot: name, ARN: aws.ToString(s.DBSnapshotArn), Database: aws.ToString(s.DBInstanceIdentifier), Region: h.p.Region(),
		Detail: status, SizeGiB: aws.ToInt32(s.AllocatedStorage), Key: aws.ToString(s.KmsKeyId),
	}
	if s.SnapshotCreateTime != nil {
		out.Created = s.SnapshotCreateTime.UTC().Format(time.RFC3339)
	}
	switch status {
	case "creating":
		out.Status = Creating
	case "available":
		out.Status = Available
	default:
		return Output{}, failure.New(failure.Failed, op, "RDS says that it is %s", status).Next("read the RDS events of %s, then start backup-database again", name)
	}
	return out, nil
}

func tag(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
