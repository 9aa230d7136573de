package readiness

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/judging"
)

func controlRules() []rule {
	return []rule{
		{
			name: "lock-free", look: (*run).lockFree,
			why:    "One failover at a time: while an incident is open here, every other one stands down.",
			next:   "watch the execution that owns it to its end, or abort it",
			forced: "it stands down; an incident cannot be forced past",
		},
		{
			name: "fence-proven", at: active, look: (*run).fenceProven,
			why:    "While the fence of an earlier failover is owed, an old primary may still take writes, and nothing may route to it.",
			next:   "let the probe complete the fence; close what it names by hand when it cannot",
			forced: "clients may come to a database that another one has replaced",
		},
		{
			name: "topics-exist", look: (*run).topicsExist,
			why:    "Approvals and messages go through the topics of the region that is activated.",
			next:   "deploy the recovery stack of this region, and subscribe the team to its topics",
			forced: "people are not told, and approvals are not asked for: a failover that needs one stands down",
		},
	}
}

func (r *run) lockFree(ctx context.Context) judging.Finding {
	i, err := r.store.Present(ctx)
	if err != nil {
		return judging.Of(err)
	}
	if i.State == incident.Open && i.Owner != r.owner {
		return judging.Fails("incident %d is open and belongs to %s", i.Epoch, i.Owner)
	}
	if until := i.CoolDownUntil; until.After(r.p.Clock.Now()) {
		return judging.Passes("no incident is open; alarms start nothing until %s, people may", until.UTC().Format("15:04:05"))
	}
	return judging.Passes("no incident is open")
}

// fenceProven asks both tables: the region that took over last remembers the fence of this one.
func (r *run) fenceProven(ctx context.Context) judging.Finding {
	mine, err := r.store.Present(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var theirs incident.Incident
	if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
		theirs, err = r.twin.Present(ctx)
		return err
	}); err != nil {
		return judging.Of(err)
	}
	for _, i := range []incident.Incident{mine, theirs} {
		if i.State == incident.Closed && i.Fence.State == incident.FenceOwed {
			return judging.Fails("incident %d owes the fence of %s", i.Epoch, i.Fence.Region)
		}
	}
	return judging.Passes("no fence is owed")
}

func (r *run) topicsExist(ctx context.Context) judging.Finding {
	var wrong, people []string
	for _, name := range r.e.Topics() {
		out, err := r.near.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(r.e.Topic(r.here, name))})
		err = failure.FromAWS(err, "read the topic %s in %s", name, r.here)
		switch {
		case failure.Is(err, failure.NotFound):
			wrong = append(wrong, fmt.Sprintf("the topic %s is missing in %s", name, r.here))
			continue
		case err != nil:
			return judging.Unclear("%s", err)
		}
		if n := out.Attributes["SubscriptionsConfirmed"]; n == "0" || n == "" {
			wrong = append(wrong, "nobody has subscribed to "+name)
		} else {
			people = append(people, name+" "+n)
		}
	}
	return judging.All(wrong, "confirmed subscriptions: %s", strings.Join(people, ", "))
}
