package readiness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/judging"
)

// Step is one step of a failover and how long it takes, in seconds.
type Step struct {
	Name   string `json:"name"`
	Low    int    `json:"lowSeconds"`
	High   int    `json:"highSeconds"`
	Beside bool   `json:"beside"` // it runs beside others: only the longest of them counts
	Source string `json:"source"`
}

// Where the ranges come from.
const (
	documented = "documented by AWS"
	guessed    = "a guess of the lab: AWS publishes none"
	configured = "the environment file"
	ours       = "measured in drills"
)

// Steps are the steps of a failover on its critical path. The ranges are those that the lab draws from; a test holds
// recoveries of drills to their sum.
func Steps(e *environment.Environment) []Step {
	const minute = 60
	confirm := e.Monitoring.Confirmation.Seconds()
	return []Step{
		// The first failed look is at most one interval after the failure; the alarm's period and its evaluation are a minute each.
		{Name: "notice that the region is down, and confirm it", Low: confirm, High: confirm + e.Monitoring.ProbeInterval.Seconds() + 2*minute, Source: configured},
		{Name: "check, and fence the old region or owe it", Low: 5, High: minute, Source: ours},
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html: "several minutes or longer".
		{Name: "promote the replica", Low: 3*minute + 40, High: 14*minute + 30, Beside: true, Source: guessed},
		{Name: "make the file system writable", Low: 2 * minute, High: 8 * minute, Beside: true, Source: guessed},
		{Name: "start the critical services", Low: 50, High: 3 * minute, Beside: true, Source: guessed},
		{Name: "validate, and measure the loss", Low: 1, High: 30, Source: ours},
		// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
		{Name: "switch DNS", Low: minute, High: 3*minute + 30, Source: guessed},
		{Name: "resolvers let the old answer go", Low: 0, High: e.Domain.TTL.Seconds(), Source: documented},
	}
}

// backingUpHigh is how long a backup of the replica may still take, in seconds.
const backingUpHigh = 5 * 60

// Span adds up steps: one after the other, with the longest of those that run beside each other.
func Span(steps []Step) (low, high int) {
	besideLow, besideHigh := 0, 0
	for _, s := range steps {
		if s.Beside {
			besideLow, besideHigh = max(besideLow, s.Low), max(besideHigh, s.High)
			continue
		}
		low, high = low+s.Low, high+s.High
	}
	return low + besideLow, high + besideHigh
}

// Objective is one promise beside what it would come to now.
type Objective struct {
	Name         string   `json:"name"`
	LimitSeconds float64  `json:"limitSeconds"`
	Seconds      *float64 `json:"seconds"` // the upper end of what is expected; null when it is unknown
	Verdict      Verdict  `json:"verdict"`
	Because      string   `json:"because"`
}

// loss is what would be lost now, in seconds; nil while it is unknown.
type loss struct{ database, files *float64 }

// estimate scores the region against the objectives: if it happened now.
func (r *run) estimate() {
	steps := append(Steps(r.e), r.waits...)
	low, high := Span(steps)
	r.report.Steps = steps
	recovery := Objective{Name: "recovery time of critical services", LimitSeconds: r.e.Objectives.RecoveryTime.Critical.Std().Seconds(), Verdict: Unknown}
	if len(r.blocked) > 0 {
		slices.Sort(r.blocked)
		recovery.Verdict = Fail
		recovery.Because = "a failover could not be finished now: " + strings.Join(r.blocked, ", ")
	} else {
		middle := float64(low+high) / 2
		r.report.RecoveryTimeSeconds = &middle
		recovery.Seconds = new(float64(high))
		recovery.Verdict = within(float64(high), recovery.LimitSeconds)
		recovery.Because = fmt.Sprintf("%s to %s, by the ranges of its steps: the longest is to %s", judging.Duration(low), judging.Duration(high), longest(steps))
	}
	r.report.Objectives = append(r.report.Objectives, recovery,
		lossObjective("loss of critical data (database)", r.e.Objectives.RecoveryPoint.Critical, r.loss.database, "the age of the newest heartbeat on the replica"),
		lossObjective("loss of standard data (files)", r.e.Objectives.RecoveryPoint.Standard, r.loss.files, "the age of the last sync of the file system"))
	r.report.LossSeconds = r.loss.database
	r.report.Because = r.because(low, high)
}

func lossObjective(name string, limit environment.Duration, bound *float64, source string) Objective {
	o := Objective{Name: name, LimitSeconds: limit.Std().Seconds(), Verdict: Unknown, Because: "nobody can say now"}
	if bound != nil {
		o.Seconds = bound
		o.Verdict, o.Because = within(*bound, o.LimitSeconds), fmt.Sprintf("at most %s: %s", judging.Duration(int(*bound+0.999)), source)
	}
	return o
}

func within(value, limit float64) Verdict {
	if value > limit {
		return Fail
	}
	return Pass
}

// because says the score in a sentence.
func (r *run) because(low, high int) string {
	recovery := fmt.Sprintf("RTO about %s (%s to %s, by documented and drilled durations of the steps)", judging.Duration((low+high)/2), judging.Duration(low), judging.Duration(high))
	if len(r.blocked) > 0 {
		recovery = "no recovery by failover, because of " + strings.Join(r.blocked, ", ")
	}
	lost := "loss unknown"
	if r.loss.database != nil {
		lost = fmt.Sprintf("loss at most %s, by the newest heartbeat on the replica", judging.Duration(int(*r.loss.database+0.999)))
	}
	return "if it happened now: " + recovery + "; " + lost
}

func longest(steps []Step) string {
	name, most := "", -1
	for _, s := range steps {
		if s.High > most {
			name, most = s.Name, s.High
		}
	}
	return name
}
