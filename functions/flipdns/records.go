package flipdns

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
)

// editRecords points both failover records at this region, so that it does not matter which of them Route 53 answers
// with. It needs the control plane in us-east-1, which is why it is the second choice.
func (h *Handler) editRecords(ctx context.Context, claim incident.Claim) error {
	e := h.p.Environment
	name, target := e.Domain.Name, e.RegionalName(h.p.Region())
	listed, err := h.route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: aws.String(e.Domain.HostedZone), StartRecordName: aws.String(name), StartRecordType: types.RRTypeCname,
	})
	if err != nil {
		return failure.FromAWS(err, "list the records of %s", name)
	}
	var changes []types.Change
	found := 0
	for _, set := range listed.ResourceRecordSets {
		if strings.TrimSuffix(aws.ToString(set.Name), ".") != name || set.Type != types.RRTypeCname || set.Failover == "" {
			continue
		}
		found++
		if len(set.ResourceRecords) == 1 && strings.TrimSuffix(aws.ToString(set.ResourceRecords[0].Value), ".") == target {
			continue
		}
		set.ResourceRecords = []types.ResourceRecord{{Value: aws.String(target)}} // the health check stays as it is
		changes = append(changes, types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &set})
	}
	if found == 0 {
		return failure.New(failure.NotFound, "edit the records of "+name, "hosted zone %s has no failover records of that name", e.Domain.HostedZone).
			Next("deploy the records")
	}
	if len(changes) == 0 {
		return nil
	}
	if _, err := h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Changed(h.p.Clock.Now(), "both failover records of "+name+" point to "+target+", so the switch decides nothing", "")
		i.Leaves(fmt.Sprintf("before the next failover, when %s answers: point the PRIMARY record of %s in hosted zone %s to %s and the SECONDARY record to %s again"+
			" (aws route53 change-resource-record-sets, which needs us-east-1); until then neither the switch nor UpdateHealthCheck moves clients",
			e.Pair(h.p.Region()), name, e.Domain.HostedZone, e.RegionalName(e.Regions.Primary), e.RegionalName(e.Regions.Recovery)))
		return true
	}); err != nil {
		return err
	}
	_, err = h.route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(e.Domain.HostedZone), ChangeBatch: &types.ChangeBatch{Changes: changes, Comment: aws.String("failover to " + h.p.Region())},
	})
	return failure.FromAWS(err, "point the records of %s to %s", name, target)
}
