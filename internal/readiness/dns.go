package readiness

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/health"
	"github.com/acso/disaster-recovery/internal/judging"
)

func dnsRules() []rule {
	return []rule{
		{
			name: "dns-answer", at: standby, look: (*run).dnsAnswer,
			why:    "Before a failover the public name leads to the active region, or the switch says something else than the records of who is active.",
			next:   "find out who moved it: the failover switch, an edited record, or a role that was never recorded",
			forced: "nobody knows where clients are before the failover, so nothing proves that they moved",
		},
		{
			name: "dns-records", at: global, look: (*run).dnsRecords,
			why:    "The switch moves clients only between two CNAME failover records: PRIMARY to the primary region with the check, SECONDARY to the recovery region without one.",
			next:   "deploy the DNS stack; after a failover by records, restore the two records by hand",
			forced: "the switch does not move clients, and the failover has to edit records, which needs Route 53's API in us-east-1",
		},
		{
			name: "dns-ttl", at: global, after: []string{"dns-records"}, look: (*run).dnsTTL,
			why:    "Resolvers keep the old answer as long as the records allow.",
			next:   "set the TTL of both records to domain.ttl of the environment file",
			forced: "clients go on to the dead region for as long as the TTL says",
		},
		{
			name: "switch-check", at: global, after: []string{"dns-records"}, look: (*run).switchCheck,
			why:    "The health check of the PRIMARY record follows the switch's alarm in the recovery region, and nothing else.",
			next:   "deploy the DNS stack; undo an inverted or disabled check with aws route53 update-health-check",
			forced: "the switch does not move clients, and the failover has to edit records, which needs Route 53's API in us-east-1",
		},
		{
			name: "endpoint-checks", at: global, look: (*run).endpointChecks,
			why:    "Route 53's own checkers are the vantage point that tells a dead region from a cut between the regions.",
			next:   "deploy the DNS stack; undo an inverted or disabled check with aws route53 update-health-check",
			forced: "health is unknown without this vantage point, so a person is asked",
		},
		{
			name: "checkers-answer", after: nil, look: (*run).checkersAnswer,
			why:    "The failover reads the checkers' verdict from a TXT record, since their API is in us-east-1.",
			next:   "deploy the DNS stack: the TXT failover pair of the region is missing",
			forced: "health is unknown without this vantage point, so a person is asked",
		},
		{
			name: "standby-endpoint", look: (*run).standbyEndpoint,
			why:    "Clients come to this region's load balancer with the public name: certificate, rule and targets have to be there before.",
			next:   "look at the load balancer's listener, certificate and targets in this region",
			forced: "the validation before the DNS switch fails, so the database is promoted and clients are not moved",
			blocks: true,
		},
	}
}

func bare(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

func (r *run) dnsAnswer(ctx context.Context) judging.Finding {
	ctx, cancel := r.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := r.p.DNS.CNAME(ctx, r.e.Domain.Name)
	if err != nil {
		return judging.Unclear("%s", err)
	}
	if want := r.e.RegionalName(r.role.ActiveRegion); bare(answer) != want {
		return judging.Fails("%s leads to %s, and %s is active", r.e.Domain.Name, answer, r.role.ActiveRegion)
	}
	return judging.Passes("%s leads to %s", r.e.Domain.Name, answer)
}

func (r *run) zone(ctx context.Context) ([]types.ResourceRecordSet, error) {
	return r.records.Get(func() (sets []types.ResourceRecordSet, err error) {
		err = r.control.ask(ctx, func(ctx context.Context) error {
			in := &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(r.e.Domain.HostedZone), StartRecordName: aws.String(r.e.Domain.Name)}
			for {
				out, err := r.near.route53.ListResourceRecordSets(ctx, in)
				if err != nil {
					return failure.FromAWS(err, "list the records of %s", r.e.Domain.Name)
				}
				sets = append(sets, out.ResourceRecordSets...)
				// Names are listed by their labels from the right, so those below the public name follow it.
				if !out.IsTruncated || !strings.HasSuffix(bare(aws.ToString(out.NextRecordName)), r.e.Domain.Name) {
					return nil
				}
				in.StartRecordName, in.StartRecordType, in.StartRecordIdentifier = out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier
			}
		})
		return sets, err
	})
}

// pair finds the two halves of a failover record.
func (r *run) pair(ctx context.Context, name string, kind types.RRType) (primary, secondary *types.ResourceRecordSet, err error) {
	sets, err := r.zone(ctx)
	for n := range sets {
		if bare(aws.ToString(sets[n].Name)) != name || sets[n].Type != kind {
			continue
		}
		switch sets[n].Failover {
		case types.ResourceRecordSetFailoverPrimary:
			primary = &sets[n]
		case types.ResourceRecordSetFailoverSecondary:
			secondary = &sets[n]
		}
	}
	return primary, secondary, err
}

func value(set *types.ResourceRecordSet) string {
	if len(set.ResourceRecords) != 1 {
		return fmt.Sprintf("%d values", len(set.ResourceRecords))
	}
	return bare(aws.ToString(set.ResourceRecords[0].Value))
}

func (r *run) dnsRecords(ctx context.Context) judging.Finding {
	name := r.e.Domain.Name
	primary, secondary, err := r.pair(ctx, name, types.RRTypeCname)
	if err != nil {
		return judging.Of(err)
	}
	if primary == nil || secondary == nil {
		return judging.Fails("%s is no pair of CNAME failover records", name)
	}
	var wrong []string
	if want := r.e.RegionalName(r.e.Regions.Primary); value(primary) != want {
		wrong = append(wrong, fmt.Sprintf("PRIMARY leads to %s, not to %s", value(primary), want))
	}
	if want := r.e.RegionalName(r.e.Regions.Recovery); value(secondary) != want {
		wrong = append(wrong, fmt.Sprintf("SECONDARY leads to %s, not to %s", value(secondary), want))
	}
	if aws.ToString(primary.HealthCheckId) == "" {
		wrong = append(wrong, "PRIMARY carries no health check")
	}
	if aws.ToString(secondary.HealthCheckId) != "" {
		wrong = append(wrong, "SECONDARY carries a health check")
	}
	return judging.All(wrong, "PRIMARY leads to %s, SECONDARY to %s", value(primary), value(secondary))
}

func (r *run) dnsTTL(ctx context.Context) judging.Finding {
	primary, secondary, err := r.pair(ctx, r.e.Domain.Name, types.RRTypeCname)
	if err != nil {
		return judging.Of(err)
	}
	limit := int64(r.e.Domain.TTL.Seconds())
	for _, set := range []*types.ResourceRecordSet{primary, secondary} {
		if ttl := aws.ToInt64(set.TTL); ttl > limit {
			return judging.Fails("the TTL of %s is %d s, and domain.ttl is %d s", set.Failover, ttl, limit)
		}
	}
	return judging.Passes("at most %d s", limit)
}

func (r *run) check(ctx context.Context, id string) (config types.HealthCheckConfig, err error) {
	err = r.control.ask(ctx, func(ctx context.Context) error {
		out, err := r.near.route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(id)})
		if err != nil {
			return failure.FromAWS(err, "read the health check %s", id)
		}
		config = *out.HealthCheck.HealthCheckConfig
		return nil
	})
	return config, err
}

func (r *run) switchCheck(ctx context.Context) judging.Finding {
	primary, _, err := r.pair(ctx, r.e.Domain.Name, types.RRTypeCname)
	if err != nil {
		return judging.Of(err)
	}
	c, err := r.check(ctx, aws.ToString(primary.HealthCheckId))
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	if c.Type != types.HealthCheckTypeCloudwatchMetric || c.AlarmIdentifier == nil {
		return judging.Fails("it is of type %s, not %s", c.Type, types.HealthCheckTypeCloudwatchMetric)
	}
	if alarm, region := aws.ToString(c.AlarmIdentifier.Name), string(c.AlarmIdentifier.Region); alarm != r.e.SwitchAlarm() || region != r.e.Regions.Recovery {
		wrong = append(wrong, fmt.Sprintf("it follows %s in %s, not %s in %s", alarm, region, r.e.SwitchAlarm(), r.e.Regions.Recovery))
	}
	wrong = append(wrong, disturbed(c)...)
	if c.InsufficientDataHealthStatus != types.InsufficientDataHealthStatusLastKnownStatus {
		wrong = append(wrong, fmt.Sprintf("without data it becomes %s, not %s", c.InsufficientDataHealthStatus, types.InsufficientDataHealthStatusLastKnownStatus))
	}
	return judging.All(wrong, "it follows %s in %s", r.e.SwitchAlarm(), r.e.Regions.Recovery)
}

func disturbed(c types.HealthCheckConfig) (wrong []string) {
	if aws.ToBool(c.Inverted) {
		wrong = append(wrong, "it is inverted")
	}
	if aws.ToBool(c.Disabled) {
		wrong = append(wrong, "it is disabled, which counts as healthy")
	}
	return wrong
}

func (r *run) endpointChecks(ctx context.Context) judging.Finding {
	var wrong []string
	for _, region := range []string{r.e.Regions.Primary, r.e.Regions.Recovery} {
		healthy, otherwise, err := r.pair(ctx, r.e.CheckersName(region), types.RRTypeTxt)
		if err != nil {
			return judging.Of(err)
		}
		if healthy == nil || otherwise == nil || aws.ToString(healthy.HealthCheckId) == "" {
			wrong = append(wrong, fmt.Sprintf("%s is no pair of TXT failover records with a check", r.e.CheckersName(region)))
			continue
		}
		c, err := r.check(ctx, aws.ToString(healthy.HealthCheckId))
		if err != nil {
			return judging.Of(err)
		}
		if c.Type != types.HealthCheckTypeHttps || bare(aws.ToString(c.FullyQualifiedDomainName)) != r.e.RegionalName(region) || aws.ToString(c.ResourcePath) != r.e.Domain.HealthPath {
			wrong = append(wrong, fmt.Sprintf("the check of %s asks %s %s%s", region, c.Type, aws.ToString(c.FullyQualifiedDomainName), aws.ToString(c.ResourcePath)))
		}
		for _, text := range disturbed(c) {
			wrong = append(wrong, fmt.Sprintf("the check of %s: %s", region, text))
		}
	}
	return judging.All(wrong, "both regions are checked at their own names")
}

// checkersAnswer passes whatever the checkers say of the active region: that it is down is no defect of the standby.
func (r *run) checkersAnswer(ctx context.Context) judging.Finding {
	ctx, cancel := r.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	name := r.e.CheckersName(r.other)
	text, err := r.p.DNS.TXT(ctx, name)
	if err != nil {
		return judging.Unclear("%s", err)
	}
	if text != "healthy" && text != "unhealthy" {
		return judging.Fails("%s says %q", name, text)
	}
	return judging.Passes("%s says %s", name, text)
}

// standbyEndpoint wants an answer of the services behind the load balancer, under the public name. A standby may well say
// that it is not healthy: its database is a replica.
func (r *run) standbyEndpoint(ctx context.Context) judging.Finding {
	name := r.e.RegionalName(r.here)
	answer := health.Ask(ctx, r.p, name, r.e.Domain.Name, r.e.Domain.HealthPath, patience)
	if answer.Region != r.here {
		return judging.Fails("%s, asked for %s: %s", name, r.e.Domain.Name, answer.Detail)
	}
	var wrong []string
	for _, s := range r.e.Services {
		if _, ok := answer.Services[s.Name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s says nothing of %s", name, s.Name))
		}
	}
	return judging.All(wrong, "%s answers for %s with all services", name, r.e.Domain.Name)
}
