// Package eventbridge models the default event bus of each region: rules with event patterns, delivery to targets
// with AWS's retries, and forwarding to the bus of another region.
//
// It has no other buses, archives, pipes, dead-letter queues or scheduled rules (schedules are EventBridge Scheduler's,
// in lab/cloud/scheduler). Delivery is at least once and in no order: a scenario can duplicate and delay.
package eventbridge

import (
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// Event is AWS's envelope of an event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
type Event struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"` // UTC, whole seconds
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// Rule is what Create takes.
type Rule struct {
	Name     string
	Pattern  string // JSON
	Disabled bool
	Targets  []Target
}

// Target receives the events that a rule matches. Exactly one of Invoke and Bus is set.
type Target struct {
	// Invoke takes the payload for a Lambda function or a state machine. An error is retried as a target's failure.
	Invoke func(payload json.RawMessage) error
	// Region is where the target lives, when that is not the rule's region.
	Region string
	// Bus is the region to whose default bus the event is forwarded, unchanged.
	Bus string
	// Input is a constant payload in place of the event.
	Input json.RawMessage
	// Transform is an input transformer.
	Transform *Transform
}

// Durations are the times that a scenario may fix; 0 means drawn.
type Durations struct {
	// Delivery is from an event's arrival to the target's invocation. AWS names about half a second as typical:
	// https://aws.amazon.com/eventbridge/faqs/ ; the spread is a guess.
	Delivery time.Duration
}

// Service is EventBridge in all regions.
type Service struct {
	Durations Durations

	cloud *cloud.Cloud
	rules map[[2]string]*rule // by region and name
	ids   int
}

type rule struct {
	Rule
	region    string
	pattern   matcher
	disabled  bool
	duplicate int           // more copies of each delivery
	delay     time.Duration // of each delivery
}

// New models EventBridge.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, rules: map[[2]string]*rule{}}
	s.register()
	return s
}

// Create makes or replaces a rule on the default bus of a region. It panics when AWS would refuse the pattern.
func (s *Service) Create(region string, r Rule) {
	pattern, err := compile(r.Pattern)
	if err != nil {
		panic(fmt.Sprintf("lab: rule %s in %s: %v", r.Name, region, err))
	}
	if len(r.Targets) > 5 { // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
		panic(fmt.Sprintf("lab: rule %s in %s has %d targets, AWS allows 5", r.Name, region, len(r.Targets)))
	}
	s.rules[[2]string{region, r.Name}] = &rule{Rule: r, region: region, pattern: pattern, disabled: r.Disabled}
}

// Duplicate makes each delivery of a rule happen copies more times; 0 ends it.
func (s *Service) Duplicate(region, name string, copies int) { s.must(region, name).duplicate = copies }

// Delay makes each delivery of a rule later by d.
func (s *Service) Delay(region, name string, d time.Duration) { s.must(region, name).delay = d }

// Enabled tells whether a rule exists and is enabled.
func (s *Service) Enabled(region, name string) bool {
	r := s.rules[[2]string{region, name}]
	return r != nil && !r.disabled
}

func (s *Service) must(region, name string) *rule {
	r := s.rules[[2]string{region, name}]
	if r == nil {
		panic(fmt.Sprintf("lab: no rule %s in %s", name, region))
	}
	return r
}

// Emit puts an event of an AWS service on the bus of a region; empty fields of the envelope are filled in. A dead
// region emits nothing.
func (s *Service) Emit(region string, e Event) {
	if !s.cloud.Alive(region) {
		return
	}
	s.route(region, s.complete(region, e), false)
}

func (s *Service) complete(region string, e Event) Event {
	s.ids++
	e.Version, e.ID, e.Account = "0", fmt.Sprintf("22222222-0000-4000-8000-%012d", s.ids), s.cloud.Account
	if e.Time.IsZero() {
		e.Time = s.cloud.Sim.Now()
	}
	e.Time = e.Time.UTC().Truncate(time.Second)
	if e.Region == "" {
		e.Region = region
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	if e.Detail == nil {
		e.Detail = json.RawMessage("{}")
	}
	return e
}

// route hands an event to the enabled rules of a bus that match it.
func (s *Service) route(region string, e Event, forwarded bool) {
	raw, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("lab: event %s of %s does not marshal: %v", e.DetailType, e.Source, err))
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(fmt.Sprintf("lab: event %s of %s does not unmarshal: %v", e.DetailType, e.Source, err))
	}
	for _, name := range s.names(region) {
		r := s.rules[[2]string{region, name}]
		if r.disabled || !r.pattern.match(fields, true) {
			continue
		}
		for i := range r.Targets {
			if forwarded && r.Targets[i].Bus != "" {
				// One hop only, so that two regions cannot send in circles. A guess at how AWS breaks such loops; see
				// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
				continue
			}
			for range 1 + r.duplicate {
				s.send(&delivery{service: s, rule: r, target: &r.Targets[i], event: e, raw: raw, fields: fields, accepted: s.cloud.Sim.Now()})
			}
		}
	}
}

func (s *Service) names(region string) []string {
	var names []string
	for id := range s.rules {
		if id[0] == region {
			names = append(names, id[1])
		}
	}
	sort.Strings(names)
	return names
}
