package fencing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/heartbeat"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

var zero time.Time

// canary is the row that fencing writes, or rather fails to write.
const canary = "fence"

// proof is the evidence of one round.
type proof struct {
	checks   []incident.Check
	pooledAt time.Time
	rebootAt time.Time
}

// holdConnection opens a connection and writes on it while the database can still be reached. Only a connection that
// worked before the closing proves something when it works no more.
func (f *Fencer) holdConnection(ctx context.Context, s *survey, i *incident.Incident) {
	if f.pooled != nil || s.aclErr != nil || s.aclClosed() || s.databaseErr != nil {
		return
	}
	ctx, cancel := f.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := f.writer.Open(ctx)
	if err != nil {
		return
	}
	if err := f.write(ctx, conn); err != nil {
		_ = conn.Close(ctx) // it is of no use either way
		return
	}
	f.pooled = conn
}

func (f *Fencer) write(ctx context.Context, conn platform.Conn) error {
	_, err := conn.Exec(ctx, heartbeat.Canary, canary, f.p.Clock.Now().UTC())
	return err
}

func (f *Fencer) prove(ctx context.Context, r *round, s *survey, i *incident.Incident) proof {
	p := proof{checks: []incident.Check{f.servicesCheck(s), f.aclCheck(s)}}
	if !s.aclClosed() {
		const open = "the database subnets are not known to be closed"
		p.checks = append(p.checks, unknown("pooled-connection", open), unknown("new-connection", open))
		return p
	}
	p.checks = append(p.checks, f.pooledCheck(ctx, r, s, i, &p), f.newCheck(ctx, s))
	return p
}

func (f *Fencer) servicesCheck(s *survey) incident.Check {
	const name = "services-stopped"
	switch {
	case s.servicesErr != nil:
		return unknown(name, s.servicesErr.Error())
	case s.stopped():
		return incident.Check{Check: name, Result: incident.Pass, Detail: fmt.Sprintf("%d services run no task and cannot scale out", len(s.sizes))}
	}
	return incident.Check{Check: name, Result: incident.Fail, Detail: fmt.Sprintf("%d tasks are still running or services still want tasks", s.running)}
}

func (f *Fencer) aclCheck(s *survey) incident.Check {
	const name = "subnets-closed"
	switch {
	case s.aclErr != nil:
		return unknown(name, s.aclErr.Error())
	case s.aclClosed():
		return incident.Check{Check: name, Result: incident.Pass, Detail: s.acl + " denies all traffic in both directions"}
	}
	return incident.Check{Check: name, Result: incident.Fail, Detail: s.acl + " still lets traffic through"}
}

// pooledCheck tests the connection from before the closing. When there is none (this process did not open it, or could
// not), a reboot of the old database after the closing is the cure: no session survives one.
func (f *Fencer) pooledCheck(ctx context.Context, r *round, s *survey, i *incident.Incident, p *proof) incident.Check {
	const name = "pooled-connection"
	now := f.p.Clock.Now()
	switch {
	case !i.Fence.PooledAt.IsZero():
		return incident.Check{Check: name, Result: incident.Pass, Detail: "a write on a connection from before the closing failed at " + stamp(i.Fence.PooledAt)}
	case f.pooled != nil:
		limited, cancel := f.p.Clock.WithTimeout(ctx, patience)
		defer cancel()
		err := f.write(limited, f.pooled)
		if err == nil || reached(err) {
			return incident.Check{Check: name, Result: incident.Fail, Detail: "a connection from before the closing still gets through"}
		}
		_ = f.pooled.Close(limited) // it is dead, which is what was wanted
		f.pooled = nil
		if !silent(err) {
			return unknown(name, "the connection from before the closing was lost, which may have another reason than the closing: "+err.Error())
		}
		p.pooledAt = f.p.Clock.Now()
		return incident.Check{Check: name, Result: incident.Pass, Detail: "a write on a connection from before the closing failed: " + err.Error()}
	case !i.Fence.RebootedAt.IsZero():
		if s.status == "available" && now.Sub(i.Fence.RebootedAt) >= reboot {
			return incident.Check{Check: name, Result: incident.Pass, Detail: "the database was rebooted after the closing, at " + stamp(i.Fence.RebootedAt)}
		}
		return unknown(name, fmt.Sprintf("waiting for the reboot of %s, which is %s", f.writer.Identifier(), s.status))
	case s.databaseErr != nil:
		return unknown(name, s.databaseErr.Error())
	}
	err := f.call(ctx, r, func(ctx context.Context) error {
		_, err := f.rds.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String(f.writer.Identifier())})
		return err
	})
	if err != nil {
		return unknown(name, "no connection from before the closing is left to test, and the reboot was refused: "+err.Error())
	}
	p.rebootAt = f.p.Clock.Now()
	return unknown(name, "no connection from before the closing is left to test; rebooting "+f.writer.Identifier()+" so that none survives")
}

func (f *Fencer) newCheck(ctx context.Context, s *survey) incident.Check {
	const name = "new-connection"
	if s.databaseErr != nil {
		return unknown(name, s.databaseErr.Error())
	}
	ctx, cancel := f.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := f.writer.Open(ctx)
	if err == nil {
		err = f.write(ctx, conn)
		_ = conn.Close(ctx) // the write was what mattered
	}
	if err == nil {
		return incident.Check{Check: name, Result: incident.Fail, Detail: "a new connection still writes"}
	}
	if reached(err) {
		return incident.Check{Check: name, Result: incident.Fail, Detail: "the database can still be reached: " + err.Error()}
	}
	if !silent(err) {
		return unknown(name, "the write failed for another reason than a closed network: "+err.Error())
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: "a write on a new connection failed: " + err.Error()}
}

// reached tells whether PostgreSQL itself refused: then the network let the write through, and the next one may succeed.
func reached(err error) bool {
	var refusal interface{ SQLState() string }
	return errors.Is(err, platform.ErrReadOnly) || errors.As(err, &refusal)
}

// silent tells whether nothing came back at all, which is what a network ACL that denies looks like. Every other failure
// (a certificate, a login, a missing file, a refused port) may be our own, or means that packets still travel.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func silent(err error) bool {
	var timeout interface{ Timeout() bool } // context.DeadlineExceeded is one too
	return errors.As(err, &timeout) && timeout.Timeout()
}

func unknown(name, why string) incident.Check {
	return incident.Check{Check: name, Result: incident.Unknown, Detail: why}
}

func rebootChange(region string) string {
	return region + ": rebooted the old database, so that no session from before the fence survives"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (p proof) record(i *incident.Incident, region string, now time.Time) {
	if i.Fence.State == incident.FenceProven {
		return // the watcher or the machine was faster
	}
	i.Fence.State, i.Fence.Region, i.Fence.Evidence = incident.FenceOwed, region, p.checks
	if !p.pooledAt.IsZero() {
		i.Fence.PooledAt = p.pooledAt
	}
	if !p.rebootAt.IsZero() {
		i.Fence.RebootedAt = p.rebootAt
		i.Changed(p.rebootAt, rebootChange(region), "")
	}
	for _, check := range p.checks {
		if check.Result != incident.Pass {
			return
		}
	}
	i.Fence.State, i.Fence.ProvenAt = incident.FenceProven, now
}
