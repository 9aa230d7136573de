package fencing

import (
	"context"
	"fmt"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Reopened looks whether an old primary that was given back serves: every service runs as many tasks as before, the
// network lets traffic through, and the database takes a write. Until that was seen, the record says that it was not.
func (f *Fencer) Reopened(ctx context.Context, ledger Ledger) (Report, error) {
	i, err := ledger(unchanged)
	if err != nil {
		return Report{}, err
	}
	if i.Fence.GivenBack == nil {
		return Report{State: i.Fence.State, Answered: true, Done: true, Evidence: []incident.Check{}}, nil
	}
	r := &round{}
	var s survey
	s.servicesErr = f.lookAtServices(ctx, r, &s)
	s.aclErr = f.lookAtACL(ctx, r, &s)
	checks := []incident.Check{f.runningCheck(&s, i.Fence.GivenBack), f.openCheck(&s), f.writeCheck(ctx)}
	report := Report{State: i.Fence.State, Answered: r.answered, Done: true, Evidence: checks}
	for _, check := range checks {
		report.Done = report.Done && check.Result == incident.Pass
	}
	if report.Done {
		_, err = ledger(func(i *incident.Incident) bool {
			i.Fence.GivenBack, i.Fence.Evidence = nil, checks
			i.Undone(unprovenChange(f.old))
			return true
		})
	}
	return report, err
}

func (f *Fencer) runningCheck(s *survey, before *incident.Workload) incident.Check {
	const name = "services-run"
	if s.servicesErr != nil {
		return unknown(name, s.servicesErr.Error())
	}
	for _, size := range before.Services {
		if s.runs[size.Service] < size.Desired {
			return incident.Check{Check: name, Result: incident.Fail, Detail: fmt.Sprintf("%s runs %d of %d tasks", size.Service, s.runs[size.Service], size.Desired)}
		}
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: fmt.Sprintf("%d services run as many tasks as before", len(before.Services))}
}

func (f *Fencer) openCheck(s *survey) incident.Check {
	const name = "subnets-open"
	switch {
	case s.aclErr != nil:
		return unknown(name, s.aclErr.Error())
	case s.ingress || s.egress:
		return incident.Check{Check: name, Result: incident.Fail, Detail: s.acl + " still denies traffic"}
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: s.acl + " lets traffic through as before"}
}

func (f *Fencer) writeCheck(ctx context.Context) incident.Check {
	const name = "database-write"
	ctx, cancel := f.p.Clock.WithTimeout(ctx, 2*patience)
	defer cancel()
	if _, err := f.writer.Describe(ctx); err != nil {
		return unknown(name, err.Error())
	}
	conn, err := f.writer.Open(ctx)
	if err == nil {
		err = f.write(ctx, conn)
		_ = conn.Close(ctx) // the write was what mattered
	}
	if err != nil {
		return unknown(name, err.Error())
	}
	return incident.Check{Check: name, Result: incident.Pass, Detail: f.writer.Identifier() + " took a write on a new connection"}
}

func unprovenChange(region string) string {
	return region + ": was closed and given back, and was not seen to serve since"
}

// lookByHand is what a person does to see it.
func (f *Fencer) lookByHand() string {
	return fmt.Sprintf("aws ecs describe-services --region %s --cluster %s --services ..., and ask https://%s for its health", f.old,
		f.p.Environment.Cluster(f.old), f.p.Environment.RegionalName(f.old))
}
