package restoredatabase

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// content is what an instance holds, as far as it can be told without knowing its tables.
type content struct {
	replica   bool
	heartbeat time.Time // zero when there is none
	next      int64     // number of the next transaction
}

// read opens one connection to an instance by its endpoint, whatever its name is, and reads.
func (h *Handler) read(ctx context.Context, i *types.DBInstance) (c content, err error) {
	err = h.on(ctx, i, func(ctx context.Context, conn platform.Conn) error {
		if c.replica, err = one[bool](conn.Query(ctx, heartbeat.InRecovery)); err != nil {
			return err
		}
		if c.next, err = one[int64](conn.Query(ctx, heartbeat.NextTransaction)); err != nil {
			return err
		}
		rows, err := conn.Query(ctx, heartbeat.Last)
		if err == nil && len(rows) == 1 && len(rows[0]) == 1 && rows[0][0] == nil {
			return nil // no heartbeat at all
		}
		c.heartbeat, err = one[time.Time](rows, err)
		return err
	})
	return c, err
}

// write proves that an instance takes writes.
func (h *Handler) write(ctx context.Context, i *types.DBInstance) error {
	at := h.p.Clock.Now().UTC().Truncate(time.Microsecond) // PostgreSQL keeps microseconds
	return h.on(ctx, i, func(ctx context.Context, conn platform.Conn) error {
		_, err := conn.Exec(ctx, heartbeat.Canary, "restore", at)
		return err
	})
}

func (h *Handler) on(ctx context.Context, i *types.DBInstance, run func(context.Context, platform.Conn) error) error {
	name := aws.ToString(i.DBInstanceIdentifier)
	op := "read database " + name
	if i.Endpoint == nil {
		return failure.New(failure.Unavailable, op, "it has no endpoint yet")
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, 4*database.Timeout) // one connection, a few statements
	defer cancel()
	conn, err := h.p.SQL.Open(ctx, platform.Endpoint{
		Region: h.p.Region(), Host: aws.ToString(i.Endpoint.Address), Port: aws.ToInt32(i.Endpoint.Port), Database: h.p.Environment.Database.Name,
	})
	if err == nil {
		err = run(ctx, conn)
		_ = conn.Close(ctx) // what was read was read
	}
	if err != nil {
		return &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	return nil
}

func one[T any](rows [][]any, err error) (value T, _ error) {
	if err != nil {
		return value, err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return value, fmt.Errorf("expected one value, got %d rows", len(rows))
	}
	value, ok := rows[0][0].(T)
	if !ok {
		return value, fmt.Errorf("expected a %T, got a %T", value, rows[0][0])
	}
	return value, nil
}

// check judges the restored database by what it holds: a writer whose newest heartbeat is from before the moment, and not
// longer before than the RPO of critical data. It writes nothing, so that what is counted is what was restored.
func (h *Handler) check(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "check restored database " + r.Restored
	if now.restored == nil {
		return Output{}, failure.New(failure.NotFound, op, "it does not exist")
	}
	c, err := h.read(ctx, now.restored)
	if err != nil {
		return Output{}, err
	}
	oldest := r.To.Add(-h.p.Environment.Objectives.RecoveryPoint.Critical.Std())
	switch {
	case c.replica:
		return Output{}, failure.New(failure.Unsafe, op, "it is in recovery")
	case c.heartbeat.IsZero():
		return Output{}, failure.New(failure.Unsafe, op, "it holds no heartbeat, so from when it is cannot be told")
	case c.heartbeat.After(r.To):
		return Output{}, failure.New(failure.Unsafe, op, "its newest heartbeat is of %s, after the moment %s", stamp(c.heartbeat), stamp(r.To)).
			Next("look for a clock that was wrong, or choose another time")
	case c.heartbeat.Before(oldest):
		return Output{}, failure.New(failure.Unsafe, op, "its newest heartbeat is of %s, and one from after %s is expected", stamp(c.heartbeat), stamp(oldest)).
			Next("find out whether the database was down then, or choose a time at which it was not")
	}
	if r.Transactions != c.next {
		_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool { i.Restore.Transactions = c.next; return true })
	}
	return done(r.Restored, "newest heartbeat %s, next transaction %d", stamp(c.heartbeat), c.next), err
}

// count says how much is given up: transactions that the old database has and the restored one lacks, and the time from
// the moment to the end of the last task. It is asked once the old one is out of the place, so that nobody writes to
// either.
func (h *Handler) count(ctx context.Context, claim incident.Claim, r *incident.Restore, now world) (Output, error) {
	op := "count what " + r.Restored + " lacks"
	if !isSource(now.kept, r) || r.Transactions == 0 {
		return Output{}, failure.New(failure.Unsafe, op, "the old database is not out of the place, or the restored one was not checked")
	}
	c, err := h.read(ctx, now.kept)
	if err != nil {
		return Output{}, err
	}
	lost := c.next - r.Transactions
	if lost < 0 {
		return Output{}, failure.New(failure.Unsafe, op, "it is %d transactions ahead of the database that it was restored from", -lost)
	}
	seconds := max(0, r.StoppedAt.Sub(r.To).Seconds())
	_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Restore.LostRows, i.LossSeconds = &lost, &seconds
		return true
	})
	return done(r.Kept, "%d transactions from after %s are given up", lost, stamp(r.To)), err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
