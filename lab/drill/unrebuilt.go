package drill

import (
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
)

// givenBack judges a restore of the whole system that a person ended in time.
func (r *run) givenBack() []Invariant {
	region := r.env.Regions.Primary
	tasks := 0
	for _, w := range r.world.ECS.Workloads(region) {
		tasks += w.Running() + w.Desired()
	}
	protected := 0
	for _, p := range r.world.RDS.Snapshots(region) {
		if p.Status == "available" {
			protected++
		}
	}
	return []Invariant{
		verdict("the database that was made is gone", r.world.RDS.Instance(region, r.env.DatabaseIn(region)) == nil && protected > 0, "%d snapshots are kept", protected),
		verdict("no service was started", tasks == 0, "%d tasks", tasks),
		r.abortWas("noted"), r.causeNames("Aborted"), r.causeNames("the stacks of the workload were deployed"), r.neitherLocked(),
	}
}

func (r *run) abortWas(what string) Invariant {
	return verdict("the request to abort was "+what, r.observed.abort == what, "it was %s", orNone(r.observed.abort))
}

// stillGone: nothing was deployed.
func (r *run) stillGone(region string) Invariant {
	deployed := len(r.world.ECS.Workloads(region)) + len(r.world.RDS.Instances(region))
	running := 0
	for _, x := range r.world.States.Executions() {
		if x.Status() == asl.Running {
			running++
		}
	}
	return verdict("nothing was deployed", deployed == 0 && running == 0, "%d services and databases in %s", deployed, region)
}

// fromBefore: everything that was restored was taken before a day.
func (r *run) fromBefore(day string) Invariant {
	out, ok := r.rebuildOutput()
	var late []string
	for _, p := range out.Parts {
		stamp := strings.ReplaceAll(day, "-", "")
		if strings.Contains(p.From, stamp) || strings.Contains(p.From, strings.ReplaceAll(day, "-", "/")) {
			late = append(late, p.From)
		}
	}
	return verdict("everything is of before "+day, ok && len(out.Parts) == 3 && len(late) == 0, "of the day or after: %s", orNone(strings.Join(late, ", ")))
}

// causeNamesNot: nobody is told to do that.
func (r *run) causeNamesNot(words string) Invariant {
	said := r.causeNames(words)
	return verdict("the cause does not say: "+words, said.Result == Fail, "%s", said.Detail)
}
