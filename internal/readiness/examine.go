package readiness

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Examiner judges the region that it runs in. What hangs on the data there it has the function inspect look at.
type Examiner struct {
	p     platform.Platform
	store *incident.Store
	twin  *incident.Store // the other region's
}

// New makes an examiner of the region that the function runs in.
func New(p platform.Platform) *Examiner {
	return &Examiner{
		p: p, store: incident.NewStore(p), twin: incident.NewStoreIn(p, p.Environment.Pair(p.Region())),
	}
}

// Role is which region serves: what was decided last, of what the two regions know. A region that was down while the other
// one took over has an old record.
func (x *Examiner) Role(ctx context.Context) (incident.Role, error) {
	role, err := x.store.Role(ctx)
	if err != nil {
		return role, err
	}
	there := x.reach()
	_ = there.ask(ctx, func(ctx context.Context) error { // without an answer, what this region knows has to do
		theirs, err := x.twin.Role(ctx)
		if err == nil {
			role = incident.Latest(role, theirs)
		}
		return err
	})
	return role, nil
}

func (x *Examiner) reach() *reach {
	return &reach{name: x.p.Environment.Pair(x.p.Region()), clock: x.p.Clock}
}

// run is one evaluation.
type run struct {
	*Examiner
	e           *environment.Environment
	here, other string
	role        incident.Role
	owner       string
	there       *reach // the other region
	control     *reach // Route 53's control plane
	near, far   clients
	report      *Report
	blocked     []string // rules that a failover cannot be finished without
	facts       map[string]string
	loss        loss
	waits       []Step // that come on top of the documented ones
	inspection  judging.Memo[judging.Inspection]
	services    judging.Memo[map[string]ecstypes.Service]
	definitions judging.Memo[map[string]*ecstypes.TaskDefinition] // here, by service
	theirs      judging.Memo[map[string]*ecstypes.TaskDefinition]
	records     judging.Memo[[]r53types.ResourceRecordSet]
	nearList    judging.Memo[[]schedulertypes.ScheduleSummary]
	deployed    judging.Memo[map[string]function]                        // here, by name
	procedures  judging.Memo[map[string]*sfn.DescribeStateMachineOutput] // here, by name
	machines    judging.Memo[twins]
	parameters  judging.Memo[[]parameters.Parameter]
	digests     map[string]string // of images here, by service and container
}

// Evaluate judges everything once. It fails only when this region's own record cannot be read: what else is not known is
// in the report. The role is what Role said; owner is the
// execution that asks, whose own incident stands in nobody's way, or ""; keep leaves a record for the next one.
func (x *Examiner) Evaluate(ctx context.Context, role incident.Role, owner string, keep bool) (*Report, error) {
	e, here := x.p.Environment, x.p.Region()
	r := &run{
		Examiner: x, e: e, here: here, other: e.Pair(here), role: role, owner: owner, there: x.reach(),
		control: &reach{name: "the control plane of Route 53 and IAM in us-east-1", clock: x.p.Clock},
		near:    newClients(x.p.AWS), far: newClients(x.p.In(e.Pair(here))), facts: map[string]string{},
		report: &Report{Region: here, Active: role.ActiveRegion, At: x.p.Clock.Now().UTC(), Checks: []Check{}, NotJudged: []string{}, Drift: Drift{Changes: []string{}}},
	}
	i, err := x.store.Present(ctx)
	if err != nil {
		return nil, err
	}
	r.judge(ctx)
	r.report.conclude()
	r.estimate()
	if err := x.remember(ctx, r, keep); err != nil {
		return nil, err
	}
	if i.State == incident.Open { // whoever is told of the incident hears what is not ready there
		r.report.Drift.News = false
	}
	return r.report, nil
}

// fact notes something that may change without being wrong: the next run says what did.
func (r *run) fact(name, format string, args ...any) { r.facts[name] = fmt.Sprintf(format, args...) }

// whole reads a pointer that AWS leaves out for zero.
func whole(n *int32) int { return int(aws.ToInt32(n)) }
