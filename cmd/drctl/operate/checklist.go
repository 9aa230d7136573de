package operate

import (
	"context"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/functions/checkhealth"
	readinessfn "github.com/acso/disaster-recovery/functions/readiness"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/readiness"
)

// Line is a line of the pre-failover checklist of the procedures. Unknown is no pass: a person has to say.
type Line struct {
	Name    string            `json:"name"`
	Verdict readiness.Verdict `json:"verdict"`
	Detail  string            `json:"detail"`
	Ask     string            `json:"ask,omitempty"` // what a person is asked when it is unknown
}

// Checklist is the pre-failover checklist, as far as it can be answered by asking the region that is to be activated.
// A planned failover wants the active region healthy, any other one wants it down.
func (o *Operator) Checklist(ctx context.Context, to string, planned bool, reason string) []Line {
	return []Line{
		o.outage(ctx, to, planned),
		{Name: "notify stakeholders", Verdict: readiness.Unknown, Detail: "the failover tells the team; nobody but a person knows who else was told", Ask: "Were the stakeholders told?"},
		o.ready(ctx, to),
		{Name: "prepare rollback plan", Verdict: readiness.Unknown, Detail: "before the promotion: drctl abort gives back what was changed; after it: docs/runbooks/failback.md", Ask: "Is that the way back that you want?"},
		documented(reason),
		o.free(ctx),
	}
}

func (o *Operator) outage(ctx context.Context, to string, planned bool) Line {
	line := Line{Name: "confirm primary region outage", Ask: "Did you see yourself that the active region is down?"}
	if planned {
		line = Line{Name: "confirm that the active region is healthy", Ask: "Did you see yourself that the active region is healthy?"}
	}
	var health checkhealth.Output
	if err := o.Invoke(ctx, to, "checkhealth", checkhealth.Input{}, &health); err != nil {
		line.Verdict, line.Detail = readiness.Unknown, err.Error()
		return line
	}
	wanted := map[checkhealth.Verdict]readiness.Verdict{checkhealth.Unhealthy: readiness.Pass, checkhealth.Healthy: readiness.Fail, checkhealth.Unknown: readiness.Unknown}
	if planned {
		wanted[checkhealth.Unhealthy], wanted[checkhealth.Healthy] = readiness.Fail, readiness.Pass
	}
	line.Verdict, line.Detail = wanted[health.Verdict], health.Summary
	return line
}

func (o *Operator) ready(ctx context.Context, to string) Line {
	line := Line{Name: "verify DR environment readiness", Verdict: readiness.Unknown, Ask: "Go on although the readiness of " + to + " is not known?"}
	var r readinessfn.Output
	if err := o.Invoke(ctx, to, "readiness", readinessfn.Input{To: to}, &r); err != nil {
		line.Detail = err.Error()
		return line
	}
	if r.Verdict == readiness.Pass || r.Verdict == readiness.Fail {
		line.Verdict = r.Verdict
	}
	line.Detail = r.Because
	var wrong []string
	for _, c := range r.Checks {
		if c.Verdict != readiness.Pass {
			wrong = append(wrong, fmt.Sprintf("%s in %s: %s (%s)", c.Name, c.Region, c.Verdict, c.Next))
		}
	}
	if len(wrong) > 0 {
		line.Detail = strings.TrimSuffix(line.Detail, ".") + "; " + strings.Join(wrong, "; ")
	}
	return line
}

func documented(reason string) Line {
	line := Line{Name: "document incident details", Verdict: readiness.Pass, Detail: reason}
	if strings.TrimSpace(reason) == "" {
		line.Verdict, line.Detail = readiness.Fail, "give --reason: it begins the record of the incident"
	}
	return line
}

func (o *Operator) free(ctx context.Context) Line {
	line := Line{Name: "no other recovery is under way", Verdict: readiness.Pass, Detail: "no incident is open", Ask: "Did you make sure that nobody else is at it?"}
	open, silent := o.Incidents(ctx)
	switch {
	case len(open) > 0:
		line.Verdict, line.Detail = readiness.Fail, fmt.Sprintf("incident %d belongs to %s; drctl watch %s shows it", open[0].Epoch, open[0].Owner, open[0].Owner)
	case silent != nil:
		line.Verdict, line.Detail = readiness.Unknown, silent.Error()
	}
	return line
}

// Active is the region that serves now, as the region that is asked knows it.
func (o *Operator) Active(ctx context.Context) (incident.Role, error) {
	var newest incident.Role
	var silent error
	heard := false
	for _, region := range o.Regions() {
		role, err := o.role(ctx, region)
		if err != nil {
			silent = fmt.Errorf("ask %s which region is active: %w", region, err)
			continue
		}
		if !heard || role.ChangedAt.After(newest.ChangedAt) {
			newest, heard = role, true
		}
	}
	if heard {
		return newest, nil
	}
	return incident.Role{}, silent
}

func (o *Operator) role(ctx context.Context, region string) (incident.Role, error) {
	ctx, cancel := o.Clock.WithTimeout(ctx, patience)
	defer cancel()
	return o.store(region).Role(ctx)
}
