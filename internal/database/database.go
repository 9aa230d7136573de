// Package database reaches the PostgreSQL instance of a region: what RDS says about it, its newest heartbeat, and
// whether it takes a write.
//
// It keeps at most one connection, since a function handles one request at a time, and runs only the statements of
// internal/heartbeat. It never waits for a state.
package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/platform"
)

// User is the database user of the functions; it logs in by IAM authentication and owns the tables of internal/heartbeat.
const User = "acso_recovery"

// Timeout bounds one connection or statement.
const Timeout = 5 * time.Second

// Database is the instance of one region. It is not safe for concurrent use.
type Database struct {
	p          platform.Platform
	region     string
	identifier string
	client     *rds.Client
	endpoint   platform.Endpoint
	pooled     platform.Conn
}

// In is the instance of a region of the pair.
func In(p platform.Platform, region string) *Database {
	return &Database{p: p, region: region, identifier: p.Environment.DatabaseIn(region), client: rds.NewFromConfig(p.In(region))}
}

// Grants is what looking at the instance of a region and logging in to it takes.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return []grant.Grant{
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{ARN(e, region)}},
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html: the resource
		// carries the instance's DbiResourceId, which changes when the instance is rebuilt.
		{Actions: []string{"rds-db:connect"}, Resources: []string{fmt.Sprintf("arn:aws:rds-db:%s:%s:dbuser:*/%s", region, e.Account, User)}},
	}
}

// ARN is the ARN of the instance of a region.
func ARN(e *environment.Environment, region string) string {
	return fmt.Sprintf("arn:aws:rds:%s:%s:db:%s", region, e.Account, e.DatabaseIn(region))
}

// Identifier is the name of the instance.
func (d *Database) Identifier() string { return d.identifier }

// Describe is what RDS says about the instance now.
func (d *Database) Describe(ctx context.Context) (types.DBInstance, error) {
	out, err := d.client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(d.identifier)})
	if err != nil {
		return types.DBInstance{}, failure.FromAWS(err, "describe database %s in %s", d.identifier, d.region)
	}
	if len(out.DBInstances) != 1 {
		return types.DBInstance{}, failure.New(failure.NotFound, "describe database "+d.identifier+" in "+d.region, "RDS lists %d of that name", len(out.DBInstances))
	}
	instance := out.DBInstances[0]
	if instance.Endpoint != nil {
		d.endpoint = platform.Endpoint{
			Region: d.region, Host: aws.ToString(instance.Endpoint.Address),
			Port: aws.ToInt32(instance.Endpoint.Port), Database: d.p.Environment.Database.Name,
		}
	}
	return instance, nil
}

// Open opens a new connection, apart from the one that is kept.
func (d *Database) Open(ctx context.Context) (platform.Conn, error) {
	if d.endpoint.Host == "" {
		if _, err := d.Describe(ctx); err != nil {
			return nil, err
		}
	}
	op := "connect to database " + d.identifier + " in " + d.region
	if d.endpoint.Host == "" {
		return nil, failure.New(failure.Unavailable, op, "it has no endpoint yet")
	}
	ctx, cancel := d.p.Clock.WithTimeout(ctx, Timeout)
	defer cancel()
	conn, err := d.p.SQL.Open(ctx, d.endpoint)
	if err != nil {
		return nil, &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	return conn, nil
}

// Do runs statements on the kept connection, opening it when there is none. A kept connection may have died since the
// last invocation (a promotion reboots the instance), so what failed on one is tried once more on a new one.
func (d *Database) Do(ctx context.Context, op string, run func(context.Context, platform.Conn) error) error {
	kept := d.pooled != nil
	err := d.once(ctx, run)
	if err != nil && kept && !errors.Is(err, platform.ErrReadOnly) {
		err = d.once(ctx, run)
	}
	if err == nil {
		return nil
	}
	if failure.KindOf(err) != failure.Internal {
		return err
	}
	return &failure.Error{Kind: failure.Unavailable, Op: op + " on database " + d.identifier + " in " + d.region, Err: err}
}

func (d *Database) once(ctx context.Context, run func(context.Context, platform.Conn) error) error {
	if d.pooled == nil {
		conn, err := d.Open(ctx)
		if err != nil {
			return err
		}
		d.pooled = conn
	}
	limited, cancel := d.p.Clock.WithTimeout(ctx, Timeout)
	defer cancel()
	err := run(limited, d.pooled)
	if err != nil && !errors.Is(err, platform.ErrReadOnly) {
		_ = d.pooled.Close(limited) // it failed already; what closing says adds nothing
		d.pooled = nil
	}
	return err
}

// ClockAllowance is how wrong the clocks of two regions may be against each other before times are misjudged.
// Lambda's clocks follow the Amazon Time Sync Service and are far better; this is a margin, not a measurement.
const ClockAllowance = 30 * time.Second

// LastHeartbeat is the time of the newest heartbeat that the instance has; the zero time when it has none.
func (d *Database) LastHeartbeat(ctx context.Context) (last time.Time, err error) {
	err = d.Do(ctx, "read the newest heartbeat", func(ctx context.Context, conn platform.Conn) error {
		value, err := single(conn.Query(ctx, heartbeat.Last))
		if err != nil || value == nil {
			return err
		}
		at, ok := value.(time.Time)
		if !ok {
			return fmt.Errorf("the newest heartbeat is a %T, not a time", value)
		}
		last = at
		return nil
	})
	return last, err
}

// InRecovery tells whether the instance is a replica.
func (d *Database) InRecovery(ctx context.Context) (replica bool, err error) {
	err = d.Do(ctx, "ask whether it is a replica", func(ctx context.Context, conn platform.Conn) error {
		value, err := single(conn.Query(ctx, heartbeat.InRecovery))
		if err != nil {
			return err
		}
		is, ok := value.(bool)
		if !ok {
			return fmt.Errorf("the answer is a %T, not a boolean", value)
		}
		replica = is
		return nil
	})
	return replica, err
}

// Written is how far the log of the instance is, in bytes; it fails on a replica.
func (d *Database) Written(ctx context.Context) (int64, error) {
	return d.position(ctx, "ask how far its log is", heartbeat.Written)
}

// Replayed is how much of its writer's log the replica has applied, in bytes; it fails on a writer.
func (d *Database) Replayed(ctx context.Context) (int64, error) {
	return d.position(ctx, "ask how much log it has replayed", heartbeat.Replayed)
}

func (d *Database) position(ctx context.Context, op, statement string) (position int64, err error) {
	err = d.Do(ctx, op, func(ctx context.Context, conn platform.Conn) error {
		value, err := single(conn.Query(ctx, statement))
		if err != nil {
			return err
		}
		is, ok := value.(int64)
		if !ok {
			return fmt.Errorf("the position is a %T, not a number", value)
		}
		position = is
		return nil
	})
	return position, err
}

// Canary is when the canary of a name was written, as the instance has it; the zero time when it has none.
func (d *Database) Canary(ctx context.Context, name string) (at time.Time, err error) {
	err = d.Do(ctx, "read the canary "+name, func(ctx context.Context, conn platform.Conn) error {
		rows, err := conn.Query(ctx, heartbeat.CanaryRead, name)
		if err != nil || len(rows) == 0 {
			return err
		}
		value, err := single(rows, nil)
		if err != nil {
			return err
		}
		is, ok := value.(time.Time)
		if !ok {
			return fmt.Errorf("the canary is a %T, not a time", value)
		}
		at = is
		return nil
	})
	return at, err
}

func single(rows [][]any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return nil, fmt.Errorf("expected one value, got %d rows", len(rows))
	}
	return rows[0][0], nil
}

// WriteCanary writes the canary of a name, and reads it back: the proof that the instance takes writes.
func (d *Database) WriteCanary(ctx context.Context, name string) error {
	at := d.p.Clock.Now().UTC().Truncate(time.Microsecond) // PostgreSQL keeps microseconds
	return d.Do(ctx, "write the canary", func(ctx context.Context, conn platform.Conn) error {
		if _, err := conn.Exec(ctx, heartbeat.Canary, name, at); err != nil {
			return err
		}
		value, err := single(conn.Query(ctx, heartbeat.CanaryRead, name))
		if err != nil {
			return err
		}
		if read, ok := value.(time.Time); !ok || !read.Equal(at) {
			return fmt.Errorf("wrote the canary as %s and read %v back", at.Format(time.RFC3339Nano), value)
		}
		return nil
	})
}
