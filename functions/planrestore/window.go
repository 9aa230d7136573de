package planrestore

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// window is the stretch of time that can be restored to, both ends included.
type window struct{ earliest, latest time.Time }

// window asks for the automated backups of this very instance: those of an earlier one of the same name are another
// history.
func (h *Handler) window(ctx context.Context, instance types.DBInstance) (window, error) {
	name := aws.ToString(instance.DBInstanceIdentifier)
	op := "plan a restore of " + name
	out, err := h.rds.DescribeDBInstanceAutomatedBackups(ctx, &rds.DescribeDBInstanceAutomatedBackupsInput{DbiResourceId: instance.DbiResourceId})
	if err != nil {
		return window{}, failure.FromAWS(err, "%s: read its automated backups", op)
	}
	for _, backup := range out.DBInstanceAutomatedBackups {
		if r := backup.RestoreWindow; r != nil && r.EarliestTime != nil && r.LatestTime != nil {
			return window{r.EarliestTime.UTC(), r.LatestTime.UTC()}, nil
		}
	}
	return window{}, failure.New(failure.Unsafe, op, "it has no completed automated backup, so there is no time to restore to").
		Next("restore a snapshot, or wait for the backup window")
}

// moment reads the time that was asked for, in whatever zone, to the second; latest is now.
func moment(asked string, now time.Time) (time.Time, error) {
	if asked == Latest {
		return now.Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, asked)
	if err != nil {
		return time.Time{}, failure.New(failure.InvalidInput, choosing, "%q is no time", asked).
			Next("write RFC 3339 with a zone, 2026-01-15T10:30:00Z or 2026-01-15T12:30:00+02:00, or latest")
	}
	return at.UTC().Truncate(time.Second), nil
}

const choosing = "choose the time to restore to"

// choose holds the time that was asked for to the window. RDS restores to whole seconds.
func choose(asked string, w window, now time.Time) (time.Time, error) {
	if asked == Latest {
		return w.latest, nil
	}
	at, err := moment(asked, now)
	switch {
	case err != nil:
		return at, err
	case at.After(now):
		return at, failure.New(failure.InvalidInput, choosing, "%s is in the future; the nearest that can be restored is %s", stamp(at), stamp(w.latest)).Next("give that time, or latest")
	case at.After(w.latest):
		// Transaction logs reach S3 every five minutes: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
		return at, failure.New(failure.InvalidInput, choosing, "%s is not backed up yet; the nearest that can be restored is %s", stamp(at), stamp(w.latest)).
			Next("give that time, or start again in five minutes")
	case at.Before(w.earliest):
		return at, failure.New(failure.InvalidInput, choosing, "%s is before everything that is kept; the nearest that can be restored is %s", stamp(at), stamp(w.earliest)).
			Next("give that time, or restore a snapshot from before it")
	}
	return at, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
