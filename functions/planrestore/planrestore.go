// Package planrestore decides what a restore to a moment would do: from what, to which names, at what loss, and whether a
// person has to agree.
//
// It touches nothing. It refuses a time in the future, outside of what can be restored or without a verified recovery
// point (naming the nearest that can be restored), a region that is not the active one, and parts that do not exist. A
// point that is newer and not verified is passed over, and said.
package planrestore

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Unsafe, failure.QuotaReached, failure.KeyMissing}, incident.Errors...)

// Input is what is asked for.
type Input struct {
	To          string         `json:"to"`                    // RFC 3339 with a zone, or latest
	Mode        restore.Mode   `json:"mode,omitempty"`        // replace (the default) or beside
	What        []restore.Part `json:"what,omitempty"`        // database, data, configuration: some of them, or all without it
	Data        string         `json:"data,omitempty"`        // where the application data are: files (the default) or bucket
	Environment string         `json:"environment,omitempty"` // a guard: any other than this one is refused
	Execution   string         `json:"execution"`             // name of the execution; names derive from it
	Started     time.Time      `json:"started"`               // when the execution started
}

// Latest asks for the newest moment that can be restored.
const Latest = "latest"

// Handler plans in its region.
type Handler struct {
	p          platform.Platform
	own, other *incident.Store
	rds        *rds.Client
	points     catalog.Bucket
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, own: incident.NewStore(p), other: incident.NewStoreIn(p, p.Environment.Pair(p.Region())), rds: rds.NewFromConfig(p.AWS),
		points: catalog.Bucket{Client: s3.NewFromConfig(p.AWS), Name: recoverypoint.Bucket(p.Environment, p.Region())},
	}
}

// Grants is what it may do: look.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.ReadGrants(e, region), incident.ReadGrants(e, e.Pair(region))...)
	backups := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	return append(grants,
		grant.Grant{Actions: []string{"s3:ListBucket", "s3:ListBucketVersions"}, Resources: []string{backups}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion", "s3:GetObjectVersionTagging"}, Resources: []string{backups + "/*/manifests/*"}},
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region)}},
		grant.Grant{
			Actions:   []string{"rds:DescribeDBInstanceAutomatedBackups"},
			Resources: []string{fmt.Sprintf("arn:aws:rds:%s:%s:auto-backup:*", region, e.Account)},
		},
	)
}

// Handle makes the plan.
func (h *Handler) Handle(ctx context.Context, in Input) (restore.Plan, error) {
	if len(in.What) == 0 {
		in.What = restore.Parts()
	}
	if in.Data == "" {
		in.Data = restore.Files
	}
	plan, err := h.read(in)
	if err != nil {
		return plan, err
	}
	if err := h.active(ctx); err != nil {
		return plan, err
	}
	storage := 0
	if plan.Database {
		if storage, err = h.database(ctx, in, &plan); err != nil {
			return plan, err
		}
	} else if plan.To, err = moment(in.To, plan.Now); err != nil {
		return plan, err
	}
	for _, want := range []struct {
		kind string
		part restore.Part
		into **restore.Point
	}{{retention.ApplicationData, restore.Data, &plan.Data}, {retention.Configuration, restore.Configuration, &plan.Configuration}} {
		if !slices.Contains(in.What, want.part) {
			continue
		}
		point, source, err := h.point(ctx, want.kind, &plan)
		if err != nil {
			return plan, err
		}
		source.Part = want.part
		plan.Parts = append(plan.Parts, source)
		if want.part == restore.Data {
			point.To = in.Data
		}
		*want.into = &point
		plan.Verify = append(plan.Verify, point)
	}
	plan.Steps = restore.Steps(plan, storage)
	describe(&plan)
	return plan, nil
}

// database finds what the database is restored from, and the moment.
func (h *Handler) database(ctx context.Context, in Input, plan *restore.Plan) (storageGiB int, err error) {
	instance, err := h.instance(ctx)
	if err != nil {
		return 0, err
	}
	plan.Instance = aws.ToString(instance.DbiResourceId)
	window, err := h.window(ctx, instance)
	if err != nil {
		return 0, err
	}
	if plan.To, err = choose(in.To, window, plan.Now); err != nil {
		return 0, err
	}
	plan.Parts = []restore.Source{{
		Part: restore.Database, From: "automated backups of " + plan.Live, Earliest: window.earliest, Latest: window.latest,
		LossSeconds: plan.Now.Sub(plan.To).Seconds(), Skipped: []string{},
		// RDS restores from base backups and transaction logs that nobody can read before. Only a restore verifies them.
		Verified: incident.Unknown,
	}}
	return int(aws.ToInt32(instance.AllocatedStorage)), nil
}

// read takes what needs no look at the world.
func (h *Handler) read(in Input) (restore.Plan, error) {
	const op = "plan a restore"
	e, region := h.p.Environment, h.p.Region()
	plan := restore.Plan{Region: region, Mode: in.Mode, Now: h.p.Clock.Now().UTC(), Parts: []restore.Source{}, Verify: []restore.Point{}, Hidden: []catalog.Hidden{}, Database: slices.Contains(in.What, restore.Database)}
	if in.Execution == "" || in.Started.IsZero() {
		return plan, failure.New(failure.InvalidInput, op, "execution %q started %s: both are needed for the names", in.Execution, in.Started)
	}
	if in.Environment != "" && in.Environment != e.Name {
		return plan, failure.New(failure.InvalidInput, op, "environment %q is asked for, and this is %s", in.Environment, e.Name).Next("start the machine of the other environment")
	}
	if plan.Mode == "" {
		plan.Mode = restore.Replace
	}
	if plan.Mode != restore.Replace && plan.Mode != restore.Beside {
		return plan, failure.New(failure.InvalidInput, op, "mode %q is neither replace nor beside", in.Mode)
	}
	if in.Data != restore.Files && in.Data != restore.Bucket {
		return plan, failure.New(failure.InvalidInput, op, "data %q are neither in files nor in a bucket", in.Data)
	}
	for _, part := range in.What {
		if !slices.Contains(restore.Parts(), part) {
			return plan, failure.New(failure.InvalidInput, op, "what names %q: there are %v", part, restore.Parts()).Next(`leave what out for all of them, or give some, such as ["database", "data"]`)
		}
	}
	suffix := restore.Suffix(in.Execution, in.Started)
	if plan.Folder = "live"; plan.Mode == restore.Beside {
		plan.Folder = "restored-" + suffix
	}
	if !plan.Database {
		return plan, nil
	}
	var err error
	plan.Live = e.DatabaseIn(region)
	if plan.Restored, err = restore.Name(plan.Live, "restored", suffix); err != nil || plan.Mode == restore.Beside {
		return plan, err
	}
	if plan.Kept, err = restore.Name(plan.Live, "before", suffix); err != nil {
		return plan, err
	}
	plan.KeptReplica, err = restore.Name(e.DatabaseIn(e.Pair(region)), "before", suffix)
	return plan, err
}

// active refuses to restore where nobody is served: the database there is a replica, or a fenced one.
func (h *Handler) active(ctx context.Context) error {
	own, err := h.own.Role(ctx)
	if err != nil {
		return err
	}
	other, err := h.other.Role(ctx)
	if err != nil {
		return err
	}
	if role := incident.Latest(own, other); role.ActiveRegion != h.p.Region() {
		return failure.New(failure.Unsafe, "plan a restore in "+h.p.Region(), "%s is the active region, since incident %d", role.ActiveRegion, role.Epoch).
			Next("start the restore in %s", role.ActiveRegion)
	}
	return nil
}

func (h *Handler) instance(ctx context.Context) (types.DBInstance, error) {
	name := h.p.Environment.DatabaseIn(h.p.Region())
	op := "plan a restore of " + name
	out, err := h.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	if err != nil {
		return types.DBInstance{}, failure.FromAWS(err, "%s", op)
	}
	if len(out.DBInstances) != 1 {
		return types.DBInstance{}, failure.New(failure.NotFound, op, "RDS lists %d instances of that name", len(out.DBInstances))
	}
	instance := out.DBInstances[0]
	switch status := aws.ToString(instance.DBInstanceStatus); {
	case aws.ToString(instance.ReadReplicaSourceDBInstanceIdentifier) != "":
		return instance, failure.New(failure.Unsafe, op, "it is a replica").Next("start the restore in %s", h.p.Environment.Pair(h.p.Region()))
	case restore.Broken(status):
		return instance, failure.New(failure.Unsafe, op, "its status is %s, from which RDS restores to no moment", status).Next("restore its newest snapshot instead")
	case status != "available":
		return instance, failure.New(failure.Unavailable, op, "its status is %s: that passes by itself", status)
	}
	return instance, nil
}
