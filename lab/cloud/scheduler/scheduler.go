// Package scheduler models Amazon EventBridge Scheduler: schedules in the default group of each region that invoke a
// target at a rate, by cron or once.
//
// It has no groups beside the default one and no dead-letter queues, and does not change what a schedule invokes after
// it was made: a target is a callback that the world was built with.
package scheduler

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler/expression"
)

// Schedule is what Create takes.
type Schedule struct {
	Name        string
	Expression  string // rate(1 minute), cron(0 2 * * ? *), at(2026-03-04T10:00:00)
	Timezone    string // IANA name; "" is UTC
	Description string
	Disabled    bool
	// Input is the payload; "" is {}. <aws.scheduler.scheduled-time>, <aws.scheduler.execution-id>,
	// <aws.scheduler.schedule-arn> and <aws.scheduler.attempt-number> in it are replaced.
	Input     string
	TargetARN string
	RoleARN   string
	// Invoke hands the payload to the target; an error is retried within the retry policy.
	Invoke func(payload json.RawMessage) error
	// MaximumAge (24 h when 0) and MaximumRetries (185 when nil) bound the retries.
	// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
	MaximumAge     time.Duration
	MaximumRetries *int
}

// Service is EventBridge Scheduler in all regions.
type Service struct {
	// CatchUp makes firings that were missed while the region was dead happen when it returns, if they are not older
	// than the retry policy's maximum age. AWS says nothing of it; that they are lost is a guess, the worse case for
	// us, and this field is for trying the other.
	CatchUp bool

	cloud     *cloud.Cloud
	schedules map[[2]string]*schedule // by region and name
	fired     int
}

type schedule struct {
	Schedule
	region            string
	when              expression.Expression
	phase             time.Duration // within the minute, drawn once
	start             time.Time     // from which a rate counts
	created, modified time.Time
	cancel            func()
}

// New models EventBridge Scheduler.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, schedules: map[[2]string]*schedule{}}
	s.register()
	return s
}

// ARN is the ARN of a schedule.
func (s *Service) ARN(region, name string) string {
	return s.cloud.ARN("scheduler", region, "schedule/default/"+name)
}

// Create makes a schedule as if it had been there for long: a rate is somewhere within its interval. It panics when
// AWS would refuse the expression.
func (s *Service) Create(region string, d Schedule) {
	when, err := expression.Parse(d.Expression, d.Timezone)
	if err != nil {
		panic(fmt.Sprintf("lab: schedule %s in %s: %v", d.Name, region, err))
	}
	now := s.cloud.Sim.Now()
	sc := &schedule{
		Schedule: d, region: region, when: when, created: now, modified: now, start: now,
		// "60 second precision ... it will invoke the target API between 1:00:00 and 1:00:59"
		// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
		phase: s.cloud.Sim.Between("scheduler.phase", 0, time.Minute-time.Millisecond),
	}
	if rate := when.Rate(); rate > time.Minute {
		sc.start = now.Add(-s.cloud.Sim.Between("scheduler.rate", 0, rate))
	}
	if old := s.schedules[[2]string{region, d.Name}]; old != nil {
		old.stop()
	}
	s.schedules[[2]string{region, d.Name}] = sc
	s.arm(sc)
}

// Enabled tells whether a schedule exists and is enabled.
func (s *Service) Enabled(region, name string) bool {
	sc := s.schedules[[2]string{region, name}]
	return sc != nil && !sc.Disabled
}

// Fire invokes a schedule's target now, out of turn.
func (s *Service) Fire(region, name string) {
	sc := s.schedules[[2]string{region, name}]
	if sc == nil {
		panic(fmt.Sprintf("lab: no schedule %s in %s", name, region))
	}
	s.begin(sc, s.cloud.Sim.Now())
}

func (sc *schedule) stop() {
	if sc.cancel != nil {
		sc.cancel()
		sc.cancel = nil
	}
}

// due is the next moment after now at which the schedule is due, without its phase.
func (sc *schedule) due(now time.Time) (time.Time, bool) {
	rate := sc.when.Rate()
	if rate == 0 {
		return sc.when.Next(now.Add(-sc.phase))
	}
	passed := now.Sub(sc.start.Add(sc.phase))
	if passed < 0 {
		return sc.start, true
	}
	return sc.start.Add((passed/rate + 1) * rate), true
}

// arm plans the next firing of an enabled schedule: one event each.
func (s *Service) arm(sc *schedule) {
	sc.stop()
	if sc.Disabled {
		return
	}
	now := s.cloud.Sim.Now()
	due, ok := sc.due(now)
	if !ok {
		return
	}
	sc.cancel = s.cloud.Sim.After(due.Add(sc.phase).Sub(now), func() {
		s.arm(sc)
		if s.cloud.Alive(sc.region) || s.CatchUp {
			s.begin(sc, due)
		}
	})
}

// firing is one invocation with its retries.
type firing struct {
	schedule *schedule
	due      time.Time
	began    time.Time
	id       string
	attempt  int
}

func (s *Service) begin(sc *schedule, due time.Time) {
	s.fired++
	f := &firing{schedule: sc, due: due, began: s.cloud.Sim.Now(), id: "exec-" + strconv.Itoa(s.fired), attempt: 1}
	s.cloud.WhenAlive(sc.region, func() { s.try(f) })
}

// Retries: exponential back-off until one of the policy's bounds; first and largest wait are a guess.
const (
	firstRetry, slowestWait  = time.Second, 8 * time.Minute
	defaultAge, defaultTries = 24 * time.Hour, 185
)

func (s *Service) try(f *firing) {
	age, retries := defaultAge, defaultTries
	if f.schedule.MaximumAge > 0 {
		age = f.schedule.MaximumAge
	}
	if f.schedule.MaximumRetries != nil {
		retries = *f.schedule.MaximumRetries
	}
	now := s.cloud.Sim.Now()
	if now.Sub(f.began) > age {
		return // too old: dropped
	}
	if err := f.schedule.Invoke(s.payload(f)); err == nil || errors.Is(err, ErrRejected) || f.attempt > retries {
		return
	}
	wait := slowestWait
	if f.attempt <= 9 {
		wait = min(wait, firstRetry<<(f.attempt-1))
	}
	f.attempt++
	if now.Add(wait).Sub(f.began) > age {
		return
	}
	s.cloud.Sim.After(s.cloud.Sim.Between("scheduler.retry", wait/2, wait), func() {
		s.cloud.WhenAlive(f.schedule.region, func() { s.try(f) })
	})
}

// ErrRejected is in the chain of a target's error that no retry can help (it does not exist, access denied).
var ErrRejected = errors.New("the target rejected the invocation")

// payload fills in the context attributes.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func (s *Service) payload(f *firing) json.RawMessage {
	text := f.schedule.Input
	if text == "" {
		return json.RawMessage("{}")
	}
	if !strings.Contains(text, "<aws.scheduler.") {
		return json.RawMessage(text)
	}
	return json.RawMessage(strings.NewReplacer(
		"<aws.scheduler.scheduled-time>", f.due.UTC().Format(time.RFC3339),
		"<aws.scheduler.execution-id>", f.id,
		"<aws.scheduler.schedule-arn>", s.ARN(f.schedule.region, f.schedule.Name),
		"<aws.scheduler.attempt-number>", strconv.Itoa(f.attempt),
	).Replace(text))
}
