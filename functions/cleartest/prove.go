package cleartest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// prove lists what the services have, all of it, and picks out what carries the test's tag or begins with its name.
func (h *Handler) prove(ctx context.Context, in Input) (Output, error) {
	out := empty()
	name := restoretest.Name(h.p.Environment, in.Execution)
	instances := rds.NewDescribeDBInstancesPaginator(h.rds, &rds.DescribeDBInstancesInput{})
	for instances.HasMorePages() {
		page, err := instances.NextPage(ctx)
		if err != nil {
			return out, failure.FromAWS(err, "list all databases")
		}
		for _, i := range page.DBInstances {
			id := aws.ToString(i.DBInstanceIdentifier)
			switch tagged := carries(i.TagList, in.Execution); {
			case tagged:
				out.Left = append(out.Left, "database "+id)
			case strings.HasPrefix(id, name):
				out.Strangers = append(out.Strangers, "database "+id+", which does not carry the tag of this test")
			}
		}
	}
	snapshots := rds.NewDescribeDBSnapshotsPaginator(h.rds, &rds.DescribeDBSnapshotsInput{})
	for snapshots.HasMorePages() {
		page, err := snapshots.NextPage(ctx)
		if err != nil {
			return out, failure.FromAWS(err, "list all snapshots")
		}
		for _, s := range page.DBSnapshots {
			if carries(s.TagList, in.Execution) || strings.HasPrefix(aws.ToString(s.DBInstanceIdentifier), name) {
				out.Left = append(out.Left, "snapshot "+aws.ToString(s.DBSnapshotIdentifier))
			}
		}
	}
	backups := rds.NewDescribeDBInstanceAutomatedBackupsPaginator(h.rds, &rds.DescribeDBInstanceAutomatedBackupsInput{})
	for backups.HasMorePages() {
		page, err := backups.NextPage(ctx)
		if err != nil {
			return out, failure.FromAWS(err, "list all automated backups")
		}
		for _, b := range page.DBInstanceAutomatedBackups {
			if strings.HasPrefix(aws.ToString(b.DBInstanceIdentifier), name) {
				out.Left = append(out.Left, "automated backups of "+aws.ToString(b.DBInstanceIdentifier))
			}
		}
	}
	keys, uploads, err := h.stored(ctx, in)
	if err != nil {
		return out, err
	}
	names, err := h.configured(ctx, in)
	if err != nil {
		return out, err
	}
	for _, some := range []struct {
		what  string
		count int
	}{{"objects", len(keys)}, {"unfinished uploads", len(uploads)}, {"parameters", len(names)}} {
		if some.count > 0 {
			out.Left = append(out.Left, fmt.Sprintf("%d %s", some.count, some.what))
		}
	}
	out.Done = len(out.Left) == 0
	out.Looked = []string{"RDS instances", "RDS snapshots", "RDS automated backups", "S3 objects", "S3 uploads", "parameters"}
	out.Detail = fmt.Sprintf("nothing that carries the tag of this test or its name %s is left", name)
	if !out.Done {
		out.Detail = "left: " + strings.Join(out.Left, ", ")
	}
	return out, nil
}
