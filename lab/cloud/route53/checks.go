package route53

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/lab/sim"
)

// Check is one health check. A new one is healthy.
type Check struct {
	ID string

	config  types.HealthCheckConfig // never shared: its pointers are replaced, not written through
	version int64
	up      bool // what it measures, before inversion and disabling
	streak  int  // endpoint checks in a row that contradict up
	share   float64
	sim     *sim.Sim
	applied time.Time // when the newest pending change of an alarm check takes effect
	since   time.Time // when up last changed
}

// enough is the share of checkers that must see an endpoint healthy: more than 18 percent.
// docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html.
const enough = 0.18

// Healthy is the status of the check as records see it. A disabled check counts as healthy:
// docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html.
func (c *Check) Healthy() bool {
	if c.config.Disabled != nil && *c.config.Disabled {
		return !c.inverted()
	}
	return c.up != c.inverted()
}

// Begins sets what a check measures when the world begins.
func (s *Service) Begins(id string, up bool) { s.Check(id).up = up }

// Since is when the check last changed its mind, or zero.
func (c *Check) Since() time.Time { return c.since }

func (c *Check) inverted() bool { return c.config.Inverted != nil && *c.config.Inverted }

// Check finds a health check, or gives nil.
func (s *Service) Check(id string) *Check {
	for _, c := range s.checks {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (s *Service) addCheck(id string, config types.HealthCheckConfig) *Check {
	c := &Check{ID: id, config: config, version: 1, up: true, share: 1, sim: s.sim}
	s.checks = append(s.checks, c)
	return c
}

// AddEndpointCheck makes an HTTPS check on a host: every 10 s, three failures.
//
// Checkers do not coordinate their requests; the lab asks once every 10 s at a drawn phase for all of them. An endpoint
// that dies is therefore seen as unhealthy 20 to 30 s later.
func (s *Service) AddEndpointCheck(id, host, path string) {
	c := s.addCheck(id, types.HealthCheckConfig{
		Type: types.HealthCheckTypeHttps, FullyQualifiedDomainName: &host, ResourcePath: &path, Port: new(int32(443)),
		RequestInterval: new(int32(10)), FailureThreshold: new(int32(3)), EnableSNI: new(true),
	})
	s.sim.Every(s.sim.Between("route53 phase", 0, 10*time.Second), 10*time.Second, func() { s.poll(c) })
}

func (s *Service) poll(c *Check) {
	seen := c.share > enough && s.probe(plain(*c.config.FullyQualifiedDomainName))
	if seen == c.up {
		c.streak = 0
		return
	}
	if c.streak++; c.streak >= int(*c.config.FailureThreshold) {
		c.become(seen)
		c.streak = 0
	}
}

func (c *Check) become(up bool) {
	if c.up != up {
		c.up, c.since = up, c.sim.Now()
	}
}

// SetCheckerShare lets only a share (0 to 1) of the checkers reach an endpoint.
func (s *Service) SetCheckerShare(id string, share float64) { s.Check(id).share = share }

// AddAlarmCheck makes a check that follows an alarm in a region. While the alarm has too little data, it keeps its last
// status (LastKnownStatus), and it begins healthy:
// docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html.
func (s *Service) AddAlarmCheck(id, region, alarm string) {
	where := types.CloudWatchRegion(region)
	c := s.addCheck(id, types.HealthCheckConfig{
		Type: types.HealthCheckTypeCloudwatchMetric, AlarmIdentifier: &types.AlarmIdentifier{Name: &alarm, Region: where},
		InsufficientDataHealthStatus: types.InsufficientDataHealthStatusLastKnownStatus,
	})
	s.alarms.OnAlarm(region, alarm, func(state string, since time.Time) { s.hear(c, state, since) })
}

// evaluation is how long an alarm of one period of 60 s takes on average to see a data point, for when nobody knows when
// that was put.
const evaluation = 45 * time.Second

// hear lets a state of the alarm reach the name servers, in order. What is on its way when the alarm's region dies
// arrives; nothing follows it.
func (s *Service) hear(c *Check, state string, since time.Time) {
	now := s.sim.Now()
	if since.IsZero() || since.After(now) {
		since = now.Add(-evaluation)
	}
	at := since.Add(s.sim.Between("route53 alarm", s.Durations.Alarm.Low, s.Durations.Alarm.High))
	if at.Before(c.applied) {
		at = c.applied
	}
	if at.Before(now) {
		at = now
	}
	c.applied = at
	s.sim.After(at.Sub(now), func() {
		switch state {
		case "ALARM":
			c.become(false)
		case "OK":
			c.become(true)
		default:
			switch c.config.InsufficientDataHealthStatus {
			case types.InsufficientDataHealthStatusHealthy:
				c.become(true)
			case types.InsufficientDataHealthStatusUnhealthy:
				c.become(false)
			}
		}
	})
}
