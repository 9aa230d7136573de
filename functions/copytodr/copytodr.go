// Package copytodr copies a database snapshot to the other region of the pair, under that region's own key.
//
// It refuses to start without a usable key there: a copy that was skipped for want of a key is a failure and never a
// warning. It never waits: the state machine asks for the status until the copy is available. It calls RDS and KMS of
// the destination region; the source snapshot is named by its ARN.
package copytodr

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{
	failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.QuotaReached, failure.KeyMissing, failure.Unsafe, failure.Failed,
}

// Tag carries the name of the execution that made a copy.
const Tag = "acso:execution"

// patience bounds one call to the destination region, which may be the one that is down.
const patience = 10 * time.Second

// Input names the snapshot to copy.
type Input struct {
	Action    string `json:"action"`    // copy (the default) or status
	Execution string `json:"execution"` // name of the execution
	Source    string `json:"source"`    // ARN of the snapshot, in the region where the function runs
	// Class is that of the snapshot: RDS copies no tags to another region unless it is told to.
	Class retention.Class `json:"class"`
}

// Status is how far a copy is.
type Status string

// The statuses. A copy that failed is an error and not a status.
const (
	Copying   Status = "copying"
	Available Status = "available"
)

// Output is the copy as RDS knows it.
type Output struct {
	Snapshot string `json:"snapshot"` // identifier of the copy
	ARN      string `json:"arn"`
	Region   string `json:"region"` // the destination
	Source   string `json:"source"` // ARN of the snapshot it was made from
	Status   Status `json:"status"`
	Progress int32  `json:"progress"` // percent
	SizeGiB  int32  `json:"sizeGiB"`  // allocated storage
	Key      string `json:"key"`      // KMS key of the copy
	Seconds  int64  `json:"seconds"`  // since the copy began; RDS tells no end
}

// Handler copies snapshots.
type Handler struct {
	p           platform.Platform
	destination string
	rds         *rds.Client
	kms         *kms.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	destination := p.Environment.Pair(p.Region())
	return &Handler{p: p, destination: destination, rds: rds.NewFromConfig(p.In(destination)), kms: kms.NewFromConfig(p.In(destination))}
}

// Grants is what it may do: copy snapshots of this region's database to the other region under its key there. It may
// delete nothing.
func Grants(e *environment.Environment, region string) []grant.Grant {
	destination := e.Pair(region)
	source := fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s-*", region, e.Account, e.DatabaseIn(region))
	copies := fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s-*", destination, e.Account, e.DatabaseIn(region))
	return []grant.Grant{
		{Actions: []string{"rds:CopyDBSnapshot"}, Resources: []string{source, copies}},
		{Actions: []string{"rds:DescribeDBSnapshots", "rds:AddTagsToResource"}, Resources: []string{copies}},
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html: whoever copies under a key
		// needs both, since RDS makes itself a grant in the caller's name.
		{Actions: []string{"kms:DescribeKey", "kms:CreateGrant"}, Resources: []string{keyARN(e, destination)}},
	}
}

// keyARN is the pattern of the destination's key: IAM checks the key and not its alias, so an alias stands for any key
// of the account there (the key's own policy narrows it).
func keyARN(e *environment.Environment, region string) string {
	key := e.DatabaseKey(region)
	switch {
	case strings.HasPrefix(key, "arn:") && strings.Contains(key, ":key/"):
		return key
	case strings.Contains(key, "alias/"):
		return fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)
	}
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", region, e.Account, key)
}

// Handle describes, compares and acts.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	source, err := h.source(in)
	if err != nil {
		return Output{}, err
	}
	target := source + "-dr"
	found, err := h.describe(ctx, target)
	switch {
	case err != nil:
		return Output{}, err
	case found != nil:
		return h.report(*found, in)
	case in.Action == "status":
		return Output{}, failure.New(failure.NotFound, "look at copy "+target+" in "+h.destination, "it does not exist").Next("look in CloudTrail for DeleteDBSnapshot, then start backup-database again")
	}
	return h.copy(ctx, target, in)
}

// source is the identifier in the ARN of the snapshot.
func (h *Handler) source(in Input) (string, error) {
	op := "copy a snapshot to " + h.destination
	prefix := fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:", h.p.Region(), h.p.Environment.Account)
	name, ours := strings.CutPrefix(in.Source, prefix)
	switch {
	case in.Action != "" && in.Action != "copy" && in.Action != "status":
		return "", failure.New(failure.InvalidInput, op, "action %q is neither copy nor status", in.Action)
	case in.Execution == "":
		return "", failure.New(failure.InvalidInput, op, "no execution is named")
	case !ours || name == "":
		return "", failure.New(failure.InvalidInput, op, "source %q is not the ARN of a snapshot in %s", in.Source, h.p.Region())
	}
	return name, nil
}

func (h *Handler) describe(ctx context.Context, name string) (*types.DBSnapshot, error) {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	out, err := h.rds.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String(name)})
	var missing *types.DBSnapshotNotFoundFault
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, failure.FromAWS(err, "describe snapshot %s in %s", name, h.destination)
	}
	for _, s := range out.DBSnapshots {
		if aws.ToString(s.DBSnapshotIdentifier) == name {
			return &s, nil
		}
	}
	return nil, nil
}

// usableKey asks KMS before anything is made: RDS accepts some copies whose key turns out to be unusable only later.
func (h *Handler) usableKey(ctx context.Context, op string) (arn string, err error) {
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	name := h.p.Environment.DatabaseKey(h.destination)
	hint := "make the key " + name + " in " + h.destination + ", enable it and let this function use it, then start backup-database again; nothing was copied"
	if name == "" {
		return "", failure.New(failure.KeyMissing, op, "the environment names no key in %s", h.destination).Next("%s", hint)
	}
	out, err := h.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(name)})
	var missing *kmstypes.NotFoundException
	failed := failure.FromAWS(err, "%s: describe key %s", op, name)
	if errors.As(err, &missing) || failure.Is(failed, failure.Denied) { // a key that we may not use is no key to us
		return "", failure.New(failure.KeyMissing, op, "%w", err).Next("%s", hint)
	}
	if failed != nil {
		return "", failed
	}
	key := out.KeyMetadata
	if key.KeyState != kmstypes.KeyStateEnabled {
		return "", failure.New(failure.KeyMissing, op, "key %s is %s", name, key.KeyState).Next("%s", hint)
	}
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html: RDS takes symmetric keys only.
	if key.KeySpec != "" && key.KeySpec != kmstypes.KeySpecSymmetricDefault {
		return "", failure.New(failure.KeyMissing, op, "key %s is %s and RDS needs a symmetric one", name, key.KeySpec).Next("%s", hint)
	}
	return aws.ToString(key.Arn), nil
}

func (h *Handler) copy(ctx context.Context, target string, in Input) (Output, error) {
	op := "copy snapshot " + in.Source + " to " + h.destination + " as " + target
	class, err := catalog.ClassTag(in.Class)
	if err != nil {
		return Output{}, err
	}
	key, err := h.usableKey(ctx, op)
	if err != nil {
		return Output{}, err
	}
	limited, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	// SourceRegion stays unset: the SDK would presign a URL with the real time, and RDS reads that URL in GovCloud only
	// (rds.CopyDBSnapshotInput.PreSignedUrl: "ignored in other Amazon Web Services Regions").
	out, err := h.rds.CopyDBSnapshot(limited, &rds.CopyDBSnapshotInput{
		SourceDBSnapshotIdentifier: aws.String(in.Source), TargetDBSnapshotIdentifier: aws.String(target), KmsKeyId: aws.String(key),
		Tags: []types.Tag{{Key: aws.String(Tag), Value: aws.String(in.Execution)}, class},
	})
	var taken *types.DBSnapshotAlreadyExistsFault
	var unusable *types.KMSKeyNotAccessibleFault
	switch {
	case errors.As(err, &taken): // our own call whose answer was lost, or another execution's: the tag tells
		found, err := h.describe(ctx, target)
		if err != nil {
			return Output{}, err
		}
		if found == nil {
			return Output{}, failure.New(failure.Unavailable, op, "RDS says that the name is taken and does not list it yet")
		}
		return h.report(*found, in)
	case errors.As(err, &unusable):
		return Output{}, failure.New(failure.KeyMissing, op, "%w", err).Next("let this function's role use key %s for RDS, then start backup-database again; nothing was copied", key)
	case failure.Code(err) == "SnapshotQuotaExceeded":
		return Output{}, failure.New(failure.QuotaReached, op, "%w", err).Next("have the RDS quota of manual snapshots in %s raised; remove none to make room", h.destination)
	case err != nil:
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	return h.report(*out.DBSnapshot, in)
}

// report turns what RDS says into the answer: anything but an encrypted copy of our source that is under way or
// available is raised.
func (h *Handler) report(s types.DBSnapshot, in Input) (Output, error) {
	name, status := aws.ToString(s.DBSnapshotIdentifier), aws.ToString(s.Status)
	op := "copy snapshot " + in.Source + " to " + h.destination + " as " + name
	if owner := tag(s.TagList, Tag); owner != in.Execution {
		return Output{}, failure.New(failure.Unsafe, op, "the name belongs to a copy of execution %q", owner).Next("start backup-database again under another name")
	}
	out := Output{
		Snapshot: name, ARN: aws.ToString(s.DBSnapshotArn), Region: h.destination, Source: in.Source,
		Progress: aws.ToInt32(s.PercentProgress), SizeGiB: aws.ToInt32(s.AllocatedStorage), Key: aws.ToString(s.KmsKeyId),
	}
	if s.SnapshotCreateTime != nil {
		out.Seconds = max(0, int64(h.p.Clock.Now().Sub(*s.SnapshotCreateTime)/time.Second))
	}
	switch status {
	case "creating", "copying", "pending":
		out.Status = Copying
	case "available":
		out.Status = Available
		if out.Key == "" {
			return Output{}, failure.New(failure.KeyMissing, op, "the copy is not encrypted").Next("encrypt the database: the recovery region restores under its own key only")
		}
	default:
		return Output{}, failure.New(failure.Failed, op, "RDS says that the copy is %s", status).Next("read the RDS events of %s in %s, then start backup-database again", name, h.destination)
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
