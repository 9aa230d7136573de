package testrestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// database asks RDS for the throwaway instance, or looks how far it is.
func (h *Handler) database(ctx context.Context, in Input) (Output, error) {
	d := in.Database
	op := "restore " + d.Instance + " from its " + string(d.From)
	found, err := database.Find(ctx, h.rds, d.Instance)
	if err != nil {
		return Output{}, err
	}
	if found != nil {
		return h.progress(op, in, *found)
	}
	group, err := h.group(ctx)
	if err != nil {
		return Output{}, err
	}
	switch d.From {
	case restoretest.Snapshot:
		err = h.fromSnapshot(ctx, in, group)
	case restoretest.Moment:
		err = h.fromMoment(ctx, in, group)
	default:
		return Output{}, failure.New(failure.InvalidInput, op, "from %q is neither snapshot nor moment", d.From)
	}
	var taken *types.DBInstanceAlreadyExistsFault
	var busy *types.InvalidDBInstanceStateFault
	switch {
	case err == nil, errors.As(err, &taken): // our own call whose answer was lost: the next look tells by the tag
		return Output{Detail: d.Instance + ": the restore was accepted"}, nil
	case errors.As(err, &busy):
		return Output{Detail: d.Instance + ": its source cannot be restored from just now"}, nil
	}
	return Output{}, failure.FromAWS(err, "%s", op)
}

// fromSnapshot makes the instance without backups, protection or a second zone: it lives for minutes.
func (h *Handler) fromSnapshot(ctx context.Context, in Input, group string) error {
	e := h.p.Environment
	_, err := h.rds.RestoreDBInstanceFromDBSnapshot(ctx, &rds.RestoreDBInstanceFromDBSnapshotInput{
		DBInstanceIdentifier: aws.String(in.Database.Instance), DBSnapshotIdentifier: aws.String(in.Database.Snapshot),
		DBInstanceClass: aws.String(e.Database.InstanceClass), MultiAZ: aws.Bool(false), PubliclyAccessible: aws.Bool(false),
		EnableIAMDatabaseAuthentication: aws.Bool(true), BackupRetentionPeriod: aws.Int32(0), DeletionProtection: aws.Bool(false), CopyTagsToSnapshot: aws.Bool(false),
		DBSubnetGroupName: aws.String(e.RestoreTest()), VpcSecurityGroupIds: []string{group}, Tags: tags(in.Execution),
	})
	return err
}

func (h *Handler) fromMoment(ctx context.Context, in Input, group string) error {
	e := h.p.Environment
	_, err := h.rds.RestoreDBInstanceToPointInTime(ctx, &rds.RestoreDBInstanceToPointInTimeInput{
		TargetDBInstanceIdentifier: aws.String(in.Database.Instance), SourceDBInstanceIdentifier: aws.String(e.DatabaseIn(h.p.Region())),
		RestoreTime: aws.Time(in.Database.Moment), DBInstanceClass: aws.String(e.Database.InstanceClass), MultiAZ: aws.Bool(false), PubliclyAccessible: aws.Bool(false),
		EnableIAMDatabaseAuthentication: aws.Bool(true), BackupRetentionPeriod: aws.Int32(0), DeletionProtection: aws.Bool(false), CopyTagsToSnapshot: aws.Bool(false),
		DBSubnetGroupName: aws.String(e.RestoreTest()), VpcSecurityGroupIds: []string{group}, Tags: tags(in.Execution),
	})
	return err
}

func tags(execution string) []types.Tag {
	return []types.Tag{{Key: aws.String(restoretest.Tag), Value: aws.String(execution)}}
}

// group is the security group of throwaway databases, which only functions reach and which reaches nothing.
func (h *Handler) group(ctx context.Context) (string, error) {
	name := h.p.Environment.RestoreTest()
	op := "find security group " + name
	out, err := h.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{name}}},
	})
	if err != nil {
		return "", failure.FromAWS(err, "%s", op)
	}
	if len(out.SecurityGroups) != 1 {
		return "", failure.New(failure.NotFound, op, "EC2 lists %d of that name, and a throwaway database goes into no other", len(out.SecurityGroups)).Next("deploy the restore stack")
	}
	return aws.ToString(out.SecurityGroups[0].GroupId), nil
}

// progress is how far RDS is. An instance that carries the name without this execution's tag is somebody else's.
func (h *Handler) progress(op string, in Input, i types.DBInstance) (Output, error) {
	status := aws.ToString(i.DBInstanceStatus)
	switch {
	case !carries(i.TagList, in.Execution):
		return Output{}, failure.New(failure.Unsafe, op, "an instance of that name exists without the tag %s of this test", restoretest.Tag).
			Next("find out who made it; a test deletes nothing that does not carry its tag")
	case restore.Broken(status) || status == "deleting":
		return Output{}, failure.New(failure.Failed, op, "its status is %s", status).
			Next("read its events: aws rds describe-events --region %s --source-type db-instance --source-identifier %s", h.p.Region(), in.Database.Instance)
	case status != "available":
		return Output{Detail: in.Database.Instance + " is " + status}, nil
	}
	return Output{Done: true, Detail: in.Database.Instance + " is available"}, nil
}

func carries(list []types.Tag, execution string) bool {
	for _, tag := range list {
		if aws.ToString(tag.Key) == restoretest.Tag {
			return aws.ToString(tag.Value) == execution
		}
	}
	return false
}

// slack is how far a heartbeat may be ahead of the moment that RDS states: two clocks wrote them.
const slack = time.Minute

// query judges the throwaway database by what it holds and takes: both tables of the schema answer, the newest heartbeat
// is from before the moment and not longer before than the RPO of critical data, and it takes a write.
func (h *Handler) query(ctx context.Context, in Input) (Output, error) {
	d := in.Database
	op := "query " + d.Instance
	i, err := database.Find(ctx, h.rds, d.Instance)
	if err != nil {
		return Output{}, err
	}
	if i == nil || i.Endpoint == nil || !carries(i.TagList, in.Execution) {
		return Output{}, failure.New(failure.Unsafe, op, "it is not there any more, or does not carry the tag of this test")
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, 6*database.Timeout) // one connection, a few statements
	defer cancel()
	conn, err := h.p.SQL.Open(ctx, platform.Endpoint{
		Region: h.p.Region(), Host: aws.ToString(i.Endpoint.Address), Port: aws.ToInt32(i.Endpoint.Port), Database: h.p.Environment.Database.Name,
	})
	if err != nil {
		return Output{}, &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	beat, err := h.ask(ctx, conn)
	_ = conn.Close(ctx) // what was read was read
	if err != nil {
		return Output{}, &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	oldest, newest := d.Moment.Add(-h.p.Environment.Objectives.RecoveryPoint.Critical.Std()), d.Moment.Add(slack)
	if beat.IsZero() || beat.After(newest) || beat.Before(oldest) {
		return Output{}, failure.New(failure.Failed, op, "its newest heartbeat is of %s, and one between %s and %s is expected", stamp(beat), stamp(oldest), stamp(newest)).
			Next("treat this recovery point as lost until somebody understands it")
	}
	return Output{Done: true, Checked: 1, Detail: fmt.Sprintf("%s holds the schema, its newest heartbeat is of %s, and it took a write", d.Instance, stamp(beat))}, nil
}

// ask reads and writes: that every statement is answered is the check of the schema.
func (h *Handler) ask(ctx context.Context, conn platform.Conn) (beat time.Time, err error) {
	const name = "restore test"
	rows, err := conn.Query(ctx, heartbeat.Last)
	if err != nil {
		return beat, err
	}
	if len(rows) == 1 && len(rows[0]) == 1 {
		beat, _ = rows[0][0].(time.Time) // NULL without a heartbeat: the zero time says so
	}
	at := h.p.Clock.Now().UTC().Truncate(time.Microsecond) // PostgreSQL keeps microseconds
	if _, err := conn.Exec(ctx, heartbeat.Canary, name, at); err != nil {
		return beat, err
	}
	rows, err = conn.Query(ctx, heartbeat.CanaryRead, name)
	if err != nil {
		return beat, err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return beat, errors.New("the row that was just written is not there")
	}
	if read, ok := rows[0][0].(time.Time); !ok || !read.Equal(at) {
		return beat, fmt.Errorf("the row that was just written reads %v, not %s", rows[0][0], at)
	}
	return beat, nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
