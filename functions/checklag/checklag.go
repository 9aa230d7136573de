// Package checklag bounds what would be lost by promoting the replica now, and in the end what was lost.
//
// The bound runs from the newest heartbeat on the replica to the first moment the primary was seen not serving. (The
// design says the last moment it was seen serving; it may have taken writes until the probe after that, so that would
// understate the loss by up to one probe interval.) The clocks of two regions make the two times, so the allowance for
// their skew is added. ReplicaLag is told but not believed: it keeps growing while the primary is gone.
//
// It refuses to answer zero for want of a data point: no heartbeat, a replica that is none, or times that contradict each
// other are unknown, and unknown is never within the limit.
package checklag

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/switching"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded}, incident.Errors...)

// Input says which measurement is made.
type Input struct {
	Final bool `json:"final"`           // after the promotion and before the flip: what the report states, and the incident keeps
	Quiet bool `json:"quiet,omitempty"` // put no metric: a dry run changes nothing
	incident.Claim
}

// Verdict compares a bound with its limit.
type Verdict string

// The verdicts.
const (
	Within  Verdict = "within"
	Above   Verdict = "above"
	Unknown Verdict = "unknown"
)

// Output is the bound of the database and of the file system; Verdict is the worse of the two.
type Output struct {
	Verdict    Verdict  `json:"verdict"`
	Summary    string   `json:"summary"`
	Database   Bound    `json:"database"`
	FileSystem Bound    `json:"fileSystem"`
	Evidence   []string `json:"evidence"` // what is worth telling and decides nothing
}

// Bound is an upper bound of what is lost.
type Bound struct {
	Verdict      Verdict  `json:"verdict"`
	Seconds      *float64 `json:"seconds"` // null when unknown
	LimitSeconds int      `json:"limitSeconds"`
	Why          string   `json:"why"`
}

// Handler keeps the connection to the replica between invocations.
type Handler struct {
	p          platform.Platform
	store      *incident.Store
	database   *database.Database
	files      *filesystem.FileSystem
	cloudwatch *cloudwatch.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), database: database.In(p, p.Region()),
		files: filesystem.In(p, efs.NewFromConfig(p.AWS)), cloudwatch: cloudwatch.NewFromConfig(p.AWS),
	}
}

// Grants is what it may do: read, put the bound as a metric, and write the final bound into the incident.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.Grants(e, region), database.Grants(e, region)...)
	grants = append(grants, filesystem.Grants(e, region)...)
	grants = append(grants, switching.Grants()...)
	return append(grants, grant.Grant{Actions: []string{"cloudwatch:GetMetricStatistics"}, Resources: []string{"*"}})
}

// Handle measures once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	end, err := h.end(ctx, in)
	if err != nil {
		return Output{}, err
	}
	e := h.p.Environment
	out := Output{Evidence: []string{}}
	out.Database = h.boundDatabase(ctx, in, end, e.Policies.Lag.Limit.Std())
	out.FileSystem = Bound{Verdict: Within, LimitSeconds: e.Objectives.RecoveryPoint.Standard.Seconds(), Why: "measured before the promotion; its replication is gone"}
	if !in.Final {
		out.FileSystem = h.boundFiles(ctx, end, e.Objectives.RecoveryPoint.Standard.Std())
		out.Evidence = append(out.Evidence, h.replicaLag(ctx))
	}
	if !in.Quiet {
		out.Evidence = append(out.Evidence, h.publish(ctx, out.Database)...)
	}
	out.Verdict = worse(out.Database.Verdict, out.FileSystem.Verdict)
	out.Summary = fmt.Sprintf("database: %s (%s); file system: %s (%s)", out.Database.Verdict, out.Database.Why, out.FileSystem.Verdict, out.FileSystem.Why)
	if in.Final && out.Database.Seconds != nil {
		_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
			i.LossSeconds = out.Database.Seconds
			return true
		})
	}
	return out, err
}

// end is the latest moment at which the primary may have taken a write that counts.
type end struct {
	at      time.Time
	why     string
	unknown bool
	whole   string    // why nothing can be missing; "" when something may be
	before  time.Time // heartbeats from after this moment are not the old primary's; zero when there is no such moment
}

func (h *Handler) end(ctx context.Context, in Input) (end, error) {
	seen, err := h.store.Observation(ctx)
	if err != nil {
		return end{}, err
	}
	e := end{at: h.p.Clock.Now(), why: "now, since the primary was never seen down"}
	if !seen.FirstDown.IsZero() {
		e = end{at: seen.FirstDown, why: "the first failed probe"}
	}
	if !in.Final {
		return e, nil
	}
	i, err := h.store.Guard(ctx, in.Claim)
	if err != nil {
		return end{}, err
	}
	return final(e, seen, i), nil
}

// final moves the end to when the fence was proven, if it was: until then the old primary may have taken writes, whatever
// the probe saw from here. The word of a person who fenced by hand counts the same, unless the primary was seen serving
// after it. Without either, a primary that was seen serving during the incident has no known end.
func final(e end, seen incident.Observation, i incident.Incident) end {
	closed, why := i.Fence.ProvenAt, "the proof of the fence"
	if closed.IsZero() {
		closed, why = i.Fence.AttestedAt, "the fence by hand of "+i.Fence.Attested
	}
	switch {
	case i.Drain != nil && !i.Drain.CaughtUpAt.IsZero() && !i.Fence.ProvenAt.IsZero():
		e.whole = fmt.Sprintf("the replica had replayed %d bytes of log and had the last row when no task of the old primary ran any more, at %s; its subnets were proven closed %d s later, and in between only a session beside the services could have written",
			i.Drain.Position, i.Drain.CaughtUpAt.UTC().Format(time.RFC3339), int(max(0, i.Fence.ProvenAt.Sub(i.Drain.CaughtUpAt).Seconds())+0.999))
	case !closed.IsZero() && !seen.LastServing.After(closed):
		e.at, e.why = closed, why
	case seen.FirstDown.IsZero() || seen.LastServing.After(i.OpenedAt):
		e.unknown, e.why = true, "the old primary was seen serving during the incident and its fence is not proven"
	}
	if e.before = i.PromotedAt; e.before.IsZero() {
		e.unknown, e.why = true, "the promotion is not finished"
	}
	return e
}

func (h *Handler) boundDatabase(ctx context.Context, in Input, to end, limit time.Duration) Bound {
	replica, err := h.database.InRecovery(ctx)
	if err != nil {
		return unknown(limit, err.Error())
	}
	if replica == in.Final {
		return unknown(limit, fmt.Sprintf("%s is in recovery: %t, which it must not be now", h.database.Identifier(), replica))
	}
	last, err := h.database.LastHeartbeat(ctx)
	if err != nil {
		return unknown(limit, err.Error())
	}
	if to.whole != "" && !to.unknown {
		var none float64
		return Bound{Verdict: Within, Seconds: &none, LimitSeconds: int(limit.Seconds()), Why: "nothing: " + to.whole}
	}
	return Judge(last, to.at, to.why, to.unknown, to.before, limit)
}

// Judge bounds the loss of the database between its newest heartbeat and the end.
func Judge(last, to time.Time, why string, open bool, promoted time.Time, limit time.Duration) Bound {
	switch {
	case open:
		return unknown(limit, why)
	case last.IsZero():
		return unknown(limit, "the replica has no heartbeat")
	case !promoted.IsZero() && last.After(promoted.Add(database.ClockAllowance)):
		return unknown(limit, "the newest heartbeat was written after the promotion and says nothing about the old primary")
	}
	bound := to.Sub(last) + database.ClockAllowance
	if bound < 0 {
		return unknown(limit, fmt.Sprintf("the newest heartbeat is %d s younger than %s: the clocks disagree", int(last.Sub(to).Seconds()), why))
	}
	return compare(bound, limit, fmt.Sprintf("from the newest heartbeat, %s, to %s, %s, plus %d s for the clocks",
		last.UTC().Format(time.RFC3339), why, to.UTC().Format(time.RFC3339), int(database.ClockAllowance.Seconds())))
}

func (h *Handler) boundFiles(ctx context.Context, to end, limit time.Duration) Bound {
	state, err := h.files.State(ctx)
	switch {
	case err != nil:
		return unknown(limit, err.Error())
	case !state.Replicating:
		return unknown(limit, "there is no replication to the file system "+state.ID)
	case state.LastSync.IsZero():
		return unknown(limit, "the replication never finished a sync")
	}
	age := to.at.Sub(state.LastSync)
	if age < 0 {
		age = 0 // synced after the primary was last seen: everything up to then is here
	}
	return compare(age, limit, fmt.Sprintf("from the last sync, %s, to %s", state.LastSync.UTC().Format(time.RFC3339), to.why))
}

func compare(bound, limit time.Duration, why string) Bound {
	seconds := bound.Seconds()
	out := Bound{Verdict: Within, Seconds: &seconds, LimitSeconds: int(limit.Seconds()), Why: fmt.Sprintf("at most %d s, %s", int(seconds+0.999), why)}
	if bound > limit {
		out.Verdict = Above
	}
	return out
}

func unknown(limit time.Duration, why string) Bound {
	return Bound{Verdict: Unknown, LimitSeconds: int(limit.Seconds()), Why: why}
}

func worse(a, b Verdict) Verdict {
	switch {
	case a == Unknown || b == Unknown:
		return Unknown
	case a == Above || b == Above:
		return Above
	}
	return Within
}

// publish puts the bound where dashboards and alarms see it. An unknown bound is no data point, since zero would be a lie.
// It is best effort: what went wrong is evidence.
func (h *Handler) publish(ctx context.Context, bound Bound) []string {
	if bound.Seconds == nil {
		return nil
	}
	_, err := h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace:  aws.String(switching.Namespace),
		MetricData: []types.MetricDatum{switching.Datum(h.p.Environment, switching.LossBound, *bound.Seconds, h.p.Clock.Now())},
	})
	if err != nil {
		return []string{"the metric " + switching.LossBound + " was not put: " + err.Error()}
	}
	return nil
}

// lagWindow is how far back a data point of ReplicaLag is looked for; RDS puts one a minute.
const lagWindow = 5 * time.Minute

// replicaLag tells what RDS says, for the person who decides. It is best effort.
func (h *Handler) replicaLag(ctx context.Context) string {
	now := h.p.Clock.Now()
	out, err := h.cloudwatch.GetMetricStatistics(ctx, lagQuestion(h.database.Identifier(), now.Add(-lagWindow), now))
	if err != nil {
		return "ReplicaLag: unknown, " + err.Error()
	}
	newest := -1
	for n, point := range out.Datapoints {
		if newest < 0 || aws.ToTime(point.Timestamp).After(aws.ToTime(out.Datapoints[newest].Timestamp)) {
			newest = n
		}
	}
	if newest < 0 {
		return "ReplicaLag: unknown, no data point in the last 5 minutes"
	}
	point := out.Datapoints[newest]
	return fmt.Sprintf("ReplicaLag was %d s at %s; it keeps growing during an outage", int(aws.ToFloat64(point.Maximum)), aws.ToTime(point.Timestamp).UTC().Format(time.RFC3339))
}
