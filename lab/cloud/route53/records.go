package route53

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Actions and their resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html.
func on(resource, action string) []grant.Action {
	return []grant.Action{{Name: "route53:" + action, Resource: "arn:aws:route53:::" + resource}}
}

func bare(id *string) string { return aws.ToString(id)[strings.LastIndex(aws.ToString(id), "/")+1:] }

func (s *Service) registerRecords() {
	global := s.control()
	cloud.Register(s.cloud, "Route 53.ChangeResourceRecordSets", cloud.Spec[awsroute53.ChangeResourceRecordSetsInput]{
		Mutating: true, Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.ChangeResourceRecordSetsInput) []grant.Action {
			return on("hostedzone/"+bare(in.HostedZoneId), "ChangeResourceRecordSets")
		},
	}, s.changeRecords)
	cloud.Register(s.cloud, "Route 53.ListResourceRecordSets", cloud.Spec[awsroute53.ListResourceRecordSetsInput]{
		Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.ListResourceRecordSetsInput) []grant.Action {
			return on("hostedzone/"+bare(in.HostedZoneId), "ListResourceRecordSets")
		},
	}, s.listRecords)
	cloud.Register(s.cloud, "Route 53.GetChange", cloud.Spec[awsroute53.GetChangeInput]{
		Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.GetChangeInput) []grant.Action {
			return on("change/"+bare(in.Id), "GetChange")
		},
	}, func(_ *cloud.Call, in *awsroute53.GetChangeInput) (*awsroute53.GetChangeOutput, error) {
		for _, c := range s.changes {
			if c.id == bare(in.Id) {
				return &awsroute53.GetChangeOutput{ChangeInfo: c.info()}, nil
			}
		}
		return nil, &types.NoSuchChange{Message: aws.String("no change " + bare(in.Id))}
	})
}

func (s *Service) noZone(id *string) error {
	if bare(id) == s.zone {
		return nil
	}
	return &types.NoSuchHostedZone{Message: aws.String("No hosted zone found with ID: " + bare(id))}
}

// changeRecords applies a batch as a whole or not at all; the name servers follow within the propagation time.
func (s *Service) changeRecords(_ *cloud.Call, in *awsroute53.ChangeResourceRecordSetsInput) (*awsroute53.ChangeResourceRecordSetsOutput, error) {
	if err := s.noZone(in.HostedZoneId); err != nil {
		return nil, err
	}
	next := slices.Clone(s.records)
	for _, c := range in.ChangeBatch.Changes {
		r, err := s.read(c.ResourceRecordSet)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(next, r.same)
		switch {
		case c.Action == types.ChangeActionCreate && at >= 0:
			return nil, batch("Tried to create resource record set [name='%s.', type='%s'] but it already exists", r.name, r.kind)
		case c.Action == types.ChangeActionDelete && at < 0:
			return nil, batch("Tried to delete resource record set [name='%s.', type='%s'] but it was not found", r.name, r.kind)
		case c.Action == types.ChangeActionDelete:
			next = slices.Delete(next, at, at+1)
		case at >= 0:
			next[at] = r
		default:
			next = append(next, r)
		}
		if conflict(next, r) {
			return nil, batch("RRSet with DNS name %s., type %s conflicts with other records with the same name", r.name, r.kind)
		}
	}
	s.records = next
	change := s.newChange()
	s.sim.After(s.sim.Between("route53 propagation", s.Durations.Propagation.Low, s.Durations.Propagation.High), func() {
		s.live, change.done = next, true
	})
	return &awsroute53.ChangeResourceRecordSetsOutput{ChangeInfo: change.info()}, nil
}

// conflict tells whether a failover record shares its name with a simple one, with one of the same role, or whether a
// CNAME shares it with another type.
func conflict(records []record, r record) bool {
	for _, other := range records {
		if other.name != r.name || other.same(r) {
			continue
		}
		if other.kind != r.kind {
			if other.kind == "CNAME" || r.kind == "CNAME" {
				return true
			}
			continue
		}
		if other.failover == r.failover || other.failover == "" || r.failover == "" {
			return true
		}
	}
	return false
}

func batch(format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return &types.InvalidChangeBatch{Messages: []string{message}, Message: aws.String("[" + message + "]")}
}

func (s *Service) read(in *types.ResourceRecordSet) (record, error) {
	r := record{
		name: plain(aws.ToString(in.Name)), kind: string(in.Type), set: aws.ToString(in.SetIdentifier), check: aws.ToString(in.HealthCheckId),
		failover: in.Failover, ttl: time.Duration(aws.ToInt64(in.TTL)) * time.Second,
	}
	for _, v := range in.ResourceRecords {
		r.values = append(r.values, aws.ToString(v.Value))
	}
	switch {
	case r.name != s.domain && !strings.HasSuffix(r.name, "."+s.domain):
		return r, batch("RRSet with DNS name %s. is not permitted in zone %s.", r.name, s.domain)
	case r.kind == "CNAME" && r.name == s.domain:
		return r, batch("RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.", r.name, s.domain)
	case in.AliasTarget != nil || in.Weight != nil || in.Region != "" || in.GeoLocation != nil:
		return r, batch("lab: only simple and failover records are modelled, not %s.", r.name)
	case len(r.values) == 0:
		return r, batch("RRSet with DNS name %s. has no value", r.name)
	case (r.failover == "") != (r.set == ""):
		return r, batch("Failover and SetIdentifier of %s. belong together", r.name)
	case r.check != "" && s.Check(r.check) == nil:
		return r, batch("The health check %s does not exist", r.check)
	}
	return r, nil
}

// listRecords lists all records from a name on; the lab has less than a page of them.
func (s *Service) listRecords(_ *cloud.Call, in *awsroute53.ListResourceRecordSetsInput) (*awsroute53.ListResourceRecordSetsOutput, error) {
	if err := s.noZone(in.HostedZoneId); err != nil {
		return nil, err
	}
	sorted := slices.Clone(s.records)
	slices.SortStableFunc(sorted, func(a, b record) int {
		return strings.Compare(order(a.name)+" "+a.kind+" "+a.set, order(b.name)+" "+b.kind+" "+b.set)
	})
	out := &awsroute53.ListResourceRecordSetsOutput{MaxItems: aws.Int32(300)}
	from := order(plain(aws.ToString(in.StartRecordName)))
	for _, r := range sorted {
		if in.StartRecordName != nil && order(r.name) < from {
			continue
		}
		if in.MaxItems != nil && len(out.ResourceRecordSets) >= int(*in.MaxItems) {
			out.IsTruncated, out.NextRecordName, out.NextRecordType = true, aws.String(r.name+"."), types.RRType(r.kind)
			break
		}
		d := types.ResourceRecordSet{Name: aws.String(r.name + "."), Type: types.RRType(r.kind), TTL: aws.Int64(int64(r.ttl / time.Second)), Failover: r.failover}
		if r.set != "" {
			d.SetIdentifier = aws.String(r.set)
		}
		if r.check != "" {
			d.HealthCheckId = aws.String(r.check)
		}
		for _, v := range r.values {
			d.ResourceRecords = append(d.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
		}
		out.ResourceRecordSets = append(out.ResourceRecordSets, d)
	}
	return out, nil
}

// order is the name with its labels reversed: the order in which Route 53 lists,
// docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html.
func order(name string) string {
	labels := strings.Split(name, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}
