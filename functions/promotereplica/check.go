package promotereplica

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// longestRetention is the most days that RDS keeps automated backups.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
const longestRetention = 35

// check says whether the replica can be promoted now. It touches nothing. With a claim, it notices an abort.
func (h *Handler) check(ctx context.Context, claim incident.Claim) (Output, error) {
	if claim.Owner != "" {
		i, err := h.store.Owned(ctx, claim)
		if err != nil {
			return Output{}, err
		}
		if err := i.Halted(); err != nil {
			return Output{}, err
		}
	}
	out, instance, err := h.describe(ctx)
	if err != nil {
		return out, err
	}
	if days := h.p.Environment.Database.BackupRetention.Days(); days < 1 || days > longestRetention {
		return out, failure.New(failure.Unsafe, h.op(), "backupRetention is %d days; RDS takes 1 to %d", days, longestRetention).
			Next("correct database.backupRetention in the environment file")
	}
	if out.Source == "" {
		return h.checkPromoted(ctx, out)
	}
	if instance.LatestRestorableTime == nil {
		return out, failure.New(failure.Unsafe, h.op(), "it has no completed backup, so nothing could be restored after the promotion").
			Next("take one now (aws rds create-db-snapshot --region %s --db-instance-identifier %s) or wait for the backup window, then start again", h.p.Region(), out.Instance)
	}
	if err := h.checkKey(ctx); err != nil {
		return out, err
	}
	return judge(out, h.op())
}

// judge reads the status before a promotion. Everything that passes by itself is waited for.
func judge(out Output, op string) (Output, error) {
	switch {
	case out.Status == "available":
		out.State, out.Detail = Ready, "a replica of "+out.Source+" that can be promoted"
		return out, nil
	case broken(out.Status):
		return out, failure.New(failure.Unsafe, op, "its status is %s", out.Status).
			Next("restore the database from a recovery point instead")
	}
	// AWS refuses to promote a replica that is backing up.
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
	out.State, out.Detail = Wait, "its status is "+out.Status
	return out, nil
}

// broken tells whether a status does not end by itself.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
func broken(status string) bool {
	switch status {
	case "failed", "storage-full", "stopped", "stopping", "deleting", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable":
		return true
	}
	return strings.HasPrefix(status, "incompatible-")
}

// checkPromoted accepts an instance without a source only when a failover of ours promoted it: any other writable
// database of that name holds data that replicates from nowhere.
func (h *Handler) checkPromoted(ctx context.Context, out Output) (Output, error) {
	i, err := h.store.Present(ctx)
	if err != nil {
		return out, err
	}
	if i.Promotion == incident.NotPromoted {
		return out, failure.New(failure.Unsafe, h.op(), "it is no replica, and no failover promoted it").
			Next("find out who detached it and since when it misses changes; build a new replica or restore")
	}
	out.State, out.Detail = Ready, "an earlier failover promoted it already"
	return out, nil
}

func (h *Handler) checkKey(ctx context.Context) error {
	key := h.p.Environment.DatabaseKey(h.p.Region())
	answer, err := h.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(key)})
	if err != nil {
		if err = failure.FromAWS(err, "describe key %s in %s", key, h.p.Region()); failure.Is(err, failure.NotFound) {
			return &failure.Error{Kind: failure.KeyMissing, Op: h.op(), Err: err, Hint: "create the key in " + h.p.Region() + " or correct database.keys"}
		}
		return err
	}
	if state := answer.KeyMetadata.KeyState; state != kmstypes.KeyStateEnabled {
		return failure.New(failure.KeyMissing, h.op(), "key %s in %s is %s", key, h.p.Region(), state).Next("enable the key")
	}
	return nil
}
