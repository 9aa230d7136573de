package eventbridge

import (
	"encoding/json"
	"time"
)

// Retries: for 24 hours and up to 185 times, with exponential back-off and jitter.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
// The first wait and the largest are a guess; 185 waits of about 8 minutes make 24 hours.
const (
	maxAge, maxRetries      = 24 * time.Hour, 185
	firstRetry, slowestWait = time.Second, 8 * time.Minute
	fast, slow              = 150 * time.Millisecond, 900 * time.Millisecond
)

// delivery is one event on its way to one target.
type delivery struct {
	service  *Service
	rule     *rule
	target   *Target
	event    Event
	raw      json.RawMessage
	fields   map[string]any
	accepted time.Time
	retries  int
}

func (s *Service) send(d *delivery) {
	latency := s.Durations.Delivery
	if latency == 0 {
		latency = s.cloud.Sim.Between("eventbridge.delivery", fast, slow)
	}
	s.cloud.Sim.After(latency+d.rule.delay, d.attempt)
}

// attempt delivers, or waits for the next try. A region that dies keeps its undelivered events: that they survive is
// a guess from EventBridge storing events redundantly; the retry policy bounds how old they can get.
func (d *delivery) attempt() {
	d.service.cloud.WhenAlive(d.rule.region, func() {
		if d.deliver() {
			return
		}
		wait := slowestWait
		if d.retries < 9 {
			wait = min(wait, firstRetry<<d.retries)
		}
		d.retries++
		wait = d.service.cloud.Sim.Between("eventbridge.retry", wait/2, wait)
		if d.retries > maxRetries || d.service.cloud.Sim.Now().Add(wait).Sub(d.accepted) > maxAge {
			return // dropped: there is no dead-letter queue
		}
		d.service.cloud.Sim.After(wait, d.attempt)
	})
}

// deliver reports whether the event needs no more tries.
func (d *delivery) deliver() bool {
	c := d.service.cloud
	if c.Sim.Now().Sub(d.accepted) > maxAge {
		return true
	}
	to := d.target.Region
	if d.target.Bus != "" {
		to = d.target.Bus
	}
	if to != "" && to != d.rule.region && !c.Reachable(d.rule.region, to) {
		return false
	}
	if d.target.Bus != "" {
		d.service.route(d.target.Bus, d.event, true)
		return true
	}
	return d.target.Invoke(d.payload()) == nil
}

func (d *delivery) payload() json.RawMessage {
	switch {
	case d.target.Input != nil:
		return append(json.RawMessage(nil), d.target.Input...)
	case d.target.Transform != nil:
		return d.target.Transform.apply(d.fields, d.raw)
	}
	return append(json.RawMessage(nil), d.raw...)
}
