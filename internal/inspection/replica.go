package inspection

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) describe(ctx context.Context) (rdstypes.DBInstance, error) {
	return r.instance.Get(func() (rdstypes.DBInstance, error) { return r.database.Describe(ctx) })
}

func (r *run) replicaExists(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	r.fact("replica", "%s", aws.ToString(i.DbiResourceId))
	if source := aws.ToString(i.ReadReplicaSourceDBInstanceIdentifier); source != "" {
		return judging.Passes("%s is a replica of %s", r.database.Identifier(), source)
	}
	return judging.Fails("%s is no replica", r.database.Identifier())
}

func (r *run) replicaSource(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	want := database.ARN(r.e, r.other)
	if source := aws.ToString(i.ReadReplicaSourceDBInstanceIdentifier); source != want {
		return judging.Fails("the source of %s is %s, not %s", r.database.Identifier(), source, want)
	}
	return judging.Passes("its source is %s", want)
}

// replicaState passes while the replica backs up: promotion waits for that, and the estimate says so.
func (r *run) replicaState(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	switch status := aws.ToString(i.DBInstanceStatus); status {
	case "available":
		return judging.Passes("%s is available", r.database.Identifier())
	case "backing-up":
		r.found.BackingUp = true
		return judging.Passes("%s is backing up: a promotion would wait for it", r.database.Identifier())
	default:
		return judging.Fails("%s is %s", r.database.Identifier(), status)
	}
}

func (r *run) replicaReplicating(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	for _, info := range i.StatusInfos {
		if aws.ToString(info.StatusType) == "read replication" {
			if aws.ToBool(info.Normal) {
				return judging.Passes("RDS says %s", aws.ToString(info.Status))
			}
			return judging.Fails("RDS says %s %s", aws.ToString(info.Status), aws.ToString(info.Message))
		}
	}
	return judging.Unclear("RDS says nothing about the replication of %s", r.database.Identifier())
}

func (r *run) replicaBackup(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	if i.LatestRestorableTime == nil || aws.ToInt32(i.BackupRetentionPeriod) == 0 {
		return judging.Fails("%s has no completed backup (retention %d days)", r.database.Identifier(), aws.ToInt32(i.BackupRetentionPeriod))
	}
	return judging.Passes("restorable up to %s", i.LatestRestorableTime.UTC().Format(time.RFC3339))
}

func (r *run) replicaClass(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	if class := aws.ToString(i.DBInstanceClass); class != r.e.Database.InstanceClass {
		return judging.Fails("it is a %s, and the environment file says %s", class, r.e.Database.InstanceClass)
	}
	return judging.Passes("a %s", r.e.Database.InstanceClass)
}

func (r *run) replicaKey(ctx context.Context) judging.Finding {
	i, err := r.describe(ctx)
	if err != nil {
		return judging.Of(err)
	}
	key, err := r.key(ctx, r.e.DatabaseKey(r.here))
	if err != nil {
		return judging.Of(err)
	}
	if used := aws.ToString(i.KmsKeyId); used != aws.ToString(key.Arn) {
		return judging.Fails("it is encrypted under %s, and %s is %s", used, r.e.DatabaseKey(r.here), aws.ToString(key.Arn))
	}
	return judging.Passes("encrypted under %s", r.e.DatabaseKey(r.here))
}
