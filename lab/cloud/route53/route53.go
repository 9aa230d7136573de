// Package route53 models one public hosted zone: its records, its health checks, the answers of its name servers, and
// the caches through which others see them.
//
// Control plane and data plane are apart, as on AWS: the API lives in us-east-1 and dies with it, while name servers
// and health checks go on whatever region is dead. It refuses routing policies other than simple and failover.
package route53

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Alarms tells about state changes of an alarm: OK, ALARM or INSUFFICIENT_DATA, and when the first data point was put
// that led to the state (zero when nobody knows).
type Alarms interface {
	OnAlarm(region, name string, f func(state string, since time.Time))
}

// Metrics takes the data points of AWS/Route53: one dimension a point.
type Metrics interface {
	Publish(region, namespace, metric, dimension, value string, point float64)
}

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long Route 53 takes.
type Durations struct {
	// Propagation of a change: "changes generally propagate to all Route 53 name servers within 60 seconds":
	// docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html. The lower bound is a guess.
	Propagation Span
	// Alarm is from the first data point of a new state to changed answers of a check that follows an alarm. An
	// assumption: AWS publishes no figure.
	Alarm Span
	// Update is from UpdateHealthCheck to its effect. A guess.
	Update Span
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{Propagation: Span{10 * time.Second, 60 * time.Second}, Alarm: Span{60 * time.Second, 180 * time.Second}, Update: Span{5 * time.Second, 20 * time.Second}}
}

// controlRegion is where the API is: docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html.
const controlRegion = "us-east-1"

// Service is Route 53.
type Service struct {
	Durations Durations

	cloud   *cloud.Cloud
	sim     *sim.Sim
	alarms  Alarms
	metrics Metrics
	probe   func(host string) bool
	zone    string
	domain  string
	records []record // what the API shows
	live    []record // what the name servers answer from
	checks  []*Check
	changes []*change
	caches  map[string]*Cache
}

// record is one record set; it never changes once it is made.
type record struct {
	name, kind, set, check string
	failover               types.ResourceRecordSetFailover
	ttl                    time.Duration
	values                 []string
}

func (r record) same(other record) bool {
	return r.name == other.name && r.kind == other.kind && r.set == other.set
}

type change struct {
	id   string
	at   time.Time
	done bool
}

// New models a hosted zone for a domain. Endpoint checks see every endpoint as down until Watch tells how to look.
func New(c *cloud.Cloud, zone, domain string, alarms Alarms, metrics Metrics) *Service {
	s := &Service{
		Durations: Defaults(), cloud: c, sim: c.Sim, alarms: alarms, metrics: metrics, zone: zone, domain: domain,
		probe: func(string) bool { return false }, caches: map[string]*Cache{},
	}
	c.Sim.Every(time.Minute, time.Minute, s.publish)
	s.registerRecords()
	s.registerChecks()
	return s
}

// Watch gives the checkers' view: whether the endpoint of a host answers healthy to cloud.Checkers now.
func (s *Service) Watch(probe func(host string) bool) { s.probe = probe }

// control is the region of the API, or none when the world has no us-east-1.
func (s *Service) control() string {
	if slices.Contains(s.cloud.Regions(), controlRegion) {
		return controlRegion
	}
	return ""
}

// Setup describes a record that exists when the world begins.
type Setup struct {
	Name, Type, Value string
	TTL               time.Duration
	// Set, Failover (PRIMARY or SECONDARY) and Check make it half of a failover pair; Check may be empty.
	Set, Failover, Check string
}

// Add puts a record into the zone in place of the one that it is, if there is one, known to all name servers.
func (s *Service) Add(setup Setup) {
	r := record{name: plain(setup.Name), kind: setup.Type, set: setup.Set, check: setup.Check, failover: types.ResourceRecordSetFailover(setup.Failover), ttl: setup.TTL, values: []string{setup.Value}}
	s.records = append(slices.DeleteFunc(slices.Clone(s.records), r.same), r)
	s.live = slices.Clone(s.records)
}

func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// answer is what the name servers say to a question. Of a failover pair the primary is given while it is healthy, then
// the secondary while that is, and the primary when neither is ("considers all the records to be healthy"):
// docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html.
func (s *Service) answer(name, kind string) (value string, ttl time.Duration, ok bool) {
	var primary, secondary *record
	for i := range s.live {
		r := &s.live[i]
		if r.name != name || r.kind != kind {
			continue
		}
		if r.failover == types.ResourceRecordSetFailoverSecondary {
			secondary = r
			continue
		}
		primary = r
	}
	chosen := primary
	if secondary != nil && (primary == nil || !s.healthy(primary) && s.healthy(secondary)) {
		chosen = secondary
	}
	if chosen == nil {
		return "", 0, false
	}
	return chosen.values[0], chosen.ttl, true
}

func (s *Service) healthy(r *record) bool {
	if r.check == "" {
		return true
	}
	c := s.Check(r.check)
	return c == nil || c.Healthy()
}

// Answer is the target of a name's CNAME as the name servers give it now, or "".
func (s *Service) Answer(name string) string {
	value, _, _ := s.answer(plain(name), "CNAME")
	return plain(value)
}

// publish puts the metrics of the checks, which exist only in us-east-1:
// docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html.
func (s *Service) publish() {
	if !s.cloud.Alive(controlRegion) {
		return
	}
	for _, c := range s.checks {
		point := 0.0
		if c.Healthy() {
			point = 1
		}
		s.metrics.Publish(controlRegion, "AWS/Route53", "HealthCheckStatus", "HealthCheckId", c.ID, point)
	}
}

func (s *Service) newChange() *change {
	c := &change{id: "C" + strconv.Itoa(1000+len(s.changes)), at: s.sim.Now()}
	s.changes = append(s.changes, c)
	return c
}

func (c *change) info() *types.ChangeInfo {
	status := types.ChangeStatusPending
	if c.done {
		status = types.ChangeStatusInsync
	}
	return &types.ChangeInfo{Id: aws.String("/change/" + c.id), Status: status, SubmittedAt: aws.Time(c.at)}
}
