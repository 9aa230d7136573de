// Package checkreplication looks whether the other region holds the automated backups of this region's database, and how
// far back from now it could restore.
//
// It starts no replication and repairs none. It refuses to call a replication good whose newest time it does not know:
// no entry, no restore window and a status that it does not know are failures.
package checkreplication

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.Failed}

// Input has no fields: the environment says what to look at.
type Input struct{}

// Output is what the other region could restore.
type Output struct {
	Database   string  `json:"database"`
	Region     string  `json:"region"`     // that holds the backups
	Latest     string  `json:"latest"`     // newest time that it could restore to: RFC 3339, UTC
	LagSeconds float64 `json:"lagSeconds"` // how old that is
	Days       int32   `json:"days"`       // that backups are kept there
}

// Handler looks at RDS in the other region.
type Handler struct {
	p   platform.Platform
	rds *rds.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, rds: rds.NewFromConfig(p.In(p.Environment.Pair(p.Region())))}
}

// Grants is what it may do: look.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return []grant.Grant{{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{fmt.Sprintf("arn:aws:rds:%s:%s:auto-backup:*", e.Pair(region), e.Account)}}}
}

// patience bounds the call to the other region, which may be the one that is down.
const patience = 10 * time.Second

// Handle looks once.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	e := h.p.Environment
	out := Output{Database: e.DatabaseIn(h.p.Region()), Region: e.Pair(h.p.Region())}
	op := "look at the automated backups of " + out.Database + " in " + out.Region
	ctx, stop := h.p.Clock.WithTimeout(ctx, patience)
	defer stop()
	found, err := h.rds.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DBInstanceIdentifier: aws.String(out.Database)})
	if err != nil {
		return Output{}, failure.FromAWS(err, "%s", op)
	}
	for _, b := range found.DBInstanceAutomatedBackups {
		if aws.ToString(b.Region) == h.p.Region() && aws.ToString(b.DBInstanceIdentifier) == out.Database {
			return h.judge(op, b, out)
		}
	}
	return Output{}, failure.New(failure.NotFound, op, "there are none from %s", h.p.Region()).
		Next("aws rds start-db-instance-automated-backups-replication --region %s, with the key of that region", out.Region)
}

func (h *Handler) judge(op string, b types.DBInstanceAutomatedBackup, out Output) (Output, error) {
	e, now := h.p.Environment, h.p.Clock.Now()
	status := aws.ToString(b.Status)
	if status != "replicating" && status != "active" || b.RestoreWindow == nil || b.RestoreWindow.LatestTime == nil {
		return Output{}, failure.New(failure.Failed, op, "it is %q and does not say what it could restore to", status).Next("read the RDS events of %s in both regions", out.Database)
	}
	lag := now.Sub(*b.RestoreWindow.LatestTime)
	out.Latest, out.LagSeconds, out.Days = b.RestoreWindow.LatestTime.UTC().Format(time.RFC3339), lag.Seconds(), aws.ToInt32(b.BackupRetentionPeriod)
	switch limit := e.Objectives.RecoveryPoint.Critical.Std(); {
	case lag > limit:
		return Output{}, failure.New(failure.Failed, op, "the newest time that it could restore to is %s old, and the objective is %s", lag.Round(time.Second), limit).
			Next("read the RDS events of %s in both regions; until it catches up, %s depends on the replica and the snapshots", out.Database, out.Region)
	case out.Days < e.Database.BackupRetention.Days():
		return Output{}, failure.New(failure.Failed, op, "they are kept %d days there and have to be kept %d", out.Days, e.Database.BackupRetention.Days()).
			Next("start the replication anew with the retention of the environment file")
	}
	return out, nil
}
