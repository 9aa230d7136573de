package rds

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Latency of one round trip to a database. Guesses; the distance between the regions is that of the seam.
const (
	roundTripLow, roundTripHigh = 1 * time.Millisecond, 8 * time.Millisecond
	betweenRegions              = 60 * time.Millisecond
	logRecord                   = int64(256)       // bytes that one transaction adds to the log
	firstTransaction            = int64(1000)      // what initdb and the schema used up
	unbounded                   = 30 * time.Second // how long a client waits for packets that go nowhere when nothing bounds it
)

// Opener opens connections for what runs in a region and needs no permission.
func (s *Service) Opener(region string) platform.Opener {
	return opener{s, cloud.Principal{Name: region, Region: region, Unlimited: true}}
}

// OpenerFor opens connections as a function. It needs rds-db:connect as the user of internal/database:
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html.
func (s *Service) OpenerFor(p cloud.Principal) platform.Opener { return opener{s, p} }

// ExhaustConnections has an instance refuse every new connection for want of slots, or take them again.
func (s *Service) ExhaustConnections(region, id string, full bool) { s.must(region, id).full = full }

type opener struct {
	s      *Service
	caller cloud.Principal
}

func (o opener) Open(ctx context.Context, endpoint platform.Endpoint) (platform.Conn, error) {
	s := o.s
	c := &conn{s: s, from: o.caller.Region, host: endpoint.Host}
	i := s.byHost(endpoint.Host)
	if i == nil {
		return nil, fmt.Errorf("connect to %s: lookup: no such host", endpoint.Host)
	}
	c.instance, c.boot = i, i.boot
	if err := c.travel(ctx); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", endpoint.Host, err)
	}
	if i.deleted {
		return nil, fmt.Errorf("connect to %s: lookup: no such host", endpoint.Host)
	}
	if !i.serving {
		return nil, fmt.Errorf("connect to %s (%s): connection refused", endpoint.Host, i.Status)
	}
	if i.full {
		return nil, fmt.Errorf("connect to %s: %w", endpoint.Host, refusal{"sorry, too many clients already", "53300"})
	}
	action := grant.Action{Name: "rds-db:connect", Resource: s.cloud.ARN("rds-db", i.Region, "dbuser:"+i.resource+"/"+database.User)}
	if !o.caller.Unlimited && !grant.Allowed(o.caller.Grants, action) {
		o.note(i, action, cloud.Denied(o.caller.Name, action))
		return nil, fmt.Errorf("connect to %s: %w: %s has no %s on %s", endpoint.Host, refusal{"PAM authentication failed", "28000"}, o.caller.Name, action.Name, action.Resource)
	}
	o.note(i, action, nil)
	if endpoint.Database != i.database {
		return nil, fmt.Errorf("connect to %s: %w", endpoint.Host, refusal{fmt.Sprintf("database %q does not exist", endpoint.Database), "3D000"})
	}
	c.boot = i.boot
	return c, nil
}

// note tells who watches the calls of a login, whose right IAM checks as it does for a call.
func (o opener) note(i *Instance, action grant.Action, err error) {
	o.s.cloud.Note(cloud.Record{
		Caller: o.caller.Name, From: o.caller.Region, To: i.Region, Operation: "RDS.Connect", Actions: []grant.Action{action}, Effect: err == nil, Err: err,
	})
}

type conn struct {
	s          *Service
	from, host string
	instance   *Instance
	boot       int
	closed     bool
}

// errSession is what a session gets that a restart ended.
var errSession = refusal{"terminating connection due to administrator command", "57P01"}

// refusal is an error of PostgreSQL itself, as pgx gives one: whoever gets it has reached the database.
type refusal struct{ text, code string }

func (r refusal) Error() string    { return r.text + " (SQLSTATE " + r.code + ")" }
func (r refusal) SQLState() string { return r.code }

// travel takes one round trip, or as long as the caller waits when the packets go nowhere. Network ACLs are stateless, so
// a connection that was open before they closed hangs like a new one.
func (c *conn) travel(ctx context.Context) error {
	s := c.s
	took := s.sim.Between("sql", roundTripLow, roundTripHigh)
	if c.from != c.instance.Region {
		took += betweenRegions
	}
	sim.Sleep(ctx, took)
	if !s.cloud.Alive(c.from) {
		sim.Die(ctx)
	}
	if !s.passes(c.from, c.instance) {
		wait := unbounded
		if left, ok := s.sim.Remaining(ctx); ok && left < wait {
			wait = max(0, left)
		}
		sim.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
		return fmt.Errorf("no answer: %w", os.ErrDeadlineExceeded) // "i/o timeout", as package net has it
	}
	return context.Cause(ctx)
}

func (s *Service) passes(from string, i *Instance) bool {
	return s.cloud.Reachable(from, i.Region) && s.network.Open(i.Region, i.acl)
}

func (c *conn) ready(ctx context.Context, statement string) error {
	if c.closed {
		return fmt.Errorf("%s on %s: the connection is closed", statement, c.host)
	}
	if err := c.travel(ctx); err != nil {
		return fmt.Errorf("%s on %s: %w", statement, c.host, err)
	}
	if c.instance.boot != c.boot || !c.instance.serving {
		c.closed = true
		return fmt.Errorf("%s on %s: %w", statement, c.host, errSession)
	}
	return nil
}

// Exec runs one of the writes of internal/heartbeat.
func (c *conn) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	if err := c.ready(ctx, statement); err != nil {
		return 0, err
	}
	i, now := c.instance, c.s.sim.Now()
	switch statement {
	case heartbeat.Insert:
		if at, ok := timeAt(args, 0); ok && len(args) == 3 {
			if !i.writable() {
				return 0, fmt.Errorf("%s on %s: %w", statement, c.host, platform.ErrReadOnly)
			}
			i.timeline.heartbeat(now, at)
			return 1, nil
		}
	case heartbeat.Canary:
		if at, ok := timeAt(args, 1); ok && len(args) == 2 {
			if name, ok := args[0].(string); ok {
				if !i.writable() {
					return 0, fmt.Errorf("%s on %s: %w", statement, c.host, platform.ErrReadOnly)
				}
				i.timeline.canary(now, name, at)
				return 1, nil
			}
		}
	default:
		return 0, notModelled(statement)
	}
	return 0, fmt.Errorf("%s: arguments %v do not fit (SQLSTATE 42P18)", statement, args)
}

// Query runs one of the reads of internal/heartbeat and internal/reconcile.
func (c *conn) Query(ctx context.Context, statement string, args ...any) ([][]any, error) {
	if err := c.ready(ctx, statement); err != nil {
		return nil, err
	}
	timeline, through := c.s.through(c.instance)
	switch statement {
	case heartbeat.InRecovery:
		return [][]any{{!c.instance.writable()}}, nil
	case heartbeat.NextTransaction:
		return [][]any{{firstTransaction + timeline.transactions(through)}}, nil
	case heartbeat.Written:
		if !c.instance.writable() {
			return nil, refusal{"recovery is in progress", "55000"}
		}
		return [][]any{{timeline.transactions(through) * logRecord}}, nil
	case heartbeat.Replayed:
		if c.instance.writable() {
			return [][]any{{nil}}, nil
		}
		return [][]any{{timeline.transactions(through) * logRecord}}, nil
	case heartbeat.Last:
		if at := timeline.lastHeartbeat(through); !at.IsZero() {
			return [][]any{{at}}, nil
		}
		return [][]any{{nil}}, nil
	case heartbeat.LastUntil:
		until, ok := timeAt(args, 0)
		if !ok || len(args) != 1 {
			return nil, fmt.Errorf("%s: arguments %v do not fit (SQLSTATE 42P18)", statement, args)
		}
		var newest time.Time
		for _, at := range timeline.heartbeatsBetween(through, until.AddDate(0, 0, -1), until) { // a day is more than any check looks back
			newest = later(newest, at)
		}
		if newest.IsZero() {
			return [][]any{{nil}}, nil
		}
		return [][]any{{newest}}, nil
	case heartbeat.CanaryRead:
		if len(args) == 1 {
			if name, ok := args[0].(string); ok {
				if at, ok := timeline.readCanary(through, name); ok {
					return [][]any{{at}}, nil
				}
				return nil, nil
			}
		}
		return nil, fmt.Errorf("%s: arguments %v do not fit (SQLSTATE 42P18)", statement, args)
	}
	if rows, known, err := c.compared(statement, args); known {
		return rows, err
	}
	return nil, notModelled(statement)
}

// Close ends the session.
func (c *conn) Close(context.Context) error {
	c.closed = true
	return nil
}

func notModelled(statement string) error {
	return fmt.Errorf("lab: SQL not modelled: %q is no statement of internal/heartbeat or internal/reconcile", statement)
}

func timeAt(args []any, n int) (time.Time, bool) {
	if n >= len(args) {
		return time.Time{}, false
	}
	at, ok := args[n].(time.Time)
	return at, ok
}
