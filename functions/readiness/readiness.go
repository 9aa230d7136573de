// Package readiness judges every 30 minutes, and whenever it is asked, whether the region that it runs in could be activated
// now: part by part, with a score against the objectives and what changed since the last time.
//
// It refuses to judge another region than its own, and to call a region ready while one check failed or is unknown. Asked, it
// changes nothing; by the clock it puts its metrics, leaves its record, and tells the team what changed. In the active region
// there is nothing to activate: there it says whether that one serves.
package readiness

import (
	"context"
	_ "embed"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/health"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/readiness"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with. A region that is not ready is none: that is the answer.
var Errors = append([]failure.Kind{failure.InvalidInput}, incident.Errors...)

// Input says what is asked.
type Input struct {
	To    string `json:"to,omitempty"`    // region that would be activated; "" for the one that this runs in
	Owner string `json:"owner,omitempty"` // execution that asks, whose own incident stands in nobody's way
	Keep  bool   `json:"keep,omitempty"`  // the run by the clock: puts the metrics, leaves the record for the next one, and tells people what changed
	Epoch int64  `json:"epoch,omitempty"` // of that incident, to write into it what was found; 0 for not
}

// Output is the report.
type Output = readiness.Report

// Handler judges one region.
type Handler struct {
	p          platform.Platform
	store      *incident.Store
	examiner   *readiness.Examiner
	cloudwatch *cloudwatch.Client
	sns        *sns.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), examiner: readiness.New(p), cloudwatch: cloudwatch.NewFromConfig(p.AWS), sns: sns.NewFromConfig(p.AWS)}
}

// Grants is what it may do.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var topics []string
	for _, role := range e.Contacts.Team() {
		topics = append(topics, e.Topic(region, role.Contact.Topic))
	}
	return append(readiness.Grants(e, region), grant.Grant{Actions: []string{"sns:Publish"}, Resources: topics})
}

// Handle judges once.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	here := h.p.Region()
	if in.To != "" && in.To != here {
		return Output{}, failure.New(failure.InvalidInput, "judge the readiness of "+in.To, "this runs in %s, and a region is judged from within", here).
			Next("ask the function in %s", in.To)
	}
	role, err := h.examiner.Role(ctx)
	if err != nil {
		return Output{}, err
	}
	if role.ActiveRegion == here {
		return h.active(ctx, in, role)
	}
	report, err := h.examiner.Evaluate(ctx, role, in.Owner, in.Keep)
	if err != nil {
		return Output{}, err
	}
	if in.Epoch > 0 {
		found := incident.Readiness{At: report.At, Verdict: string(report.Verdict), Because: report.Because, Findings: report.Forced()}
		if err := h.store.NoteReadiness(ctx, incident.Claim{Epoch: in.Epoch, Owner: in.Owner}, found); err != nil {
			return Output{}, err
		}
	}
	if !in.Keep {
		return *report, nil
	}
	if err := h.put(ctx, readiness.Data(h.p.Environment, report)); err != nil {
		return *report, err
	}
	if !report.Drift.News {
		return *report, nil
	}
	return *report, h.tell(ctx, report)
}

// active says whether the active region serves, so that its silence is noticed as that of the standby is.
func (h *Handler) active(ctx context.Context, in Input, role incident.Role) (Output, error) {
	e, here := h.p.Environment, h.p.Region()
	if in.To != "" {
		return Output{}, failure.New(failure.InvalidInput, "judge the readiness of "+in.To, "it is the active region").
			Next("ask for %s", e.Pair(here))
	}
	name := e.RegionalName(here)
	answer := health.Ask(ctx, h.p, name, name, e.Domain.HealthPath, e.Monitoring.ProbeTimeout.Std())
	report := readiness.Active(role, h.p.Clock.Now(), answer)
	if !in.Keep {
		return report, nil
	}
	return report, h.put(ctx, []types.MetricDatum{readiness.ReadyDatum(e, report.Verdict == readiness.Pass, report.At)})
}

func (h *Handler) put(ctx context.Context, data []types.MetricDatum) error {
	_, err := h.cloudwatch.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String(readiness.Namespace), MetricData: data})
	return failure.FromAWS(err, "put the metrics of readiness in %s", h.p.Region())
}
