package readiness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/switching"
)

func watchRules() []rule {
	return []rule{
		{
			name: "probe-looks", look: (*run).probeLooks,
			why:    "The probe here notices that the active region is down; the failover's loss bound begins at its first failed look.",
			next:   "look at the probe function here: its schedule, its errors",
			forced: "the failover itself looks; how much is lost can be bounded only from the moment at which it was started",
		},
		{
			name: "trigger-alarm", look: (*run).triggerAlarm,
			why:    "The alarm on the probe's verdict is what starts a failover at night.",
			next:   "deploy the recovery stack of this region",
			forced: "none for a failover that a person starts: an outage at night starts none",
		},
		{
			name: "trigger-rule", look: (*run).triggerRule,
			why:    "The rule carries the alarm's event to the failover's machine.",
			next:   "enable the rule (aws events enable-rule), or deploy the recovery stack of this region",
			forced: "none for a failover that a person starts: an outage at night starts none",
		},
		{
			name: "release-rule", look: (*run).releaseRule,
			why:    "The rule frees the lock of an execution that was aborted or timed out, which no Catch sees.",
			next:   "enable the rule (aws events enable-rule), or deploy the recovery stack of this region",
			forced: "an aborted failover keeps the lock, and the next one stands down until somebody frees it",
		},
	}
}

func (r *run) probeLooks(ctx context.Context) judging.Finding {
	seen, err := r.store.Observation(ctx)
	if err != nil {
		return judging.Of(err)
	}
	// Two looks may be missed by chance; the third says that nobody looks.
	limit := 3 * r.e.Monitoring.ProbeInterval.Std()
	switch age := r.p.Clock.Now().Sub(seen.CheckedAt); {
	case seen.Region != r.other:
		return judging.Fails("the probe looked at %q last, not at %s", seen.Region, r.other)
	case age > limit:
		return judging.Fails("the probe looked at %s last, %d s ago", seen.CheckedAt.UTC().Format(time.RFC3339), int(age.Seconds()))
	default:
		return judging.Passes("it looked %d s ago", int(age.Seconds()))
	}
}

func (r *run) triggerAlarm(ctx context.Context) judging.Finding {
	name := r.e.PrimaryAlarm()
	alarm, err := describeAlarm(ctx, r.near.cloudwatch, name)
	if err != nil {
		return judging.Of(err)
	}
	if text := r.unlike(alarm, switching.PrimaryUnhealthy, "notBreaching"); text != "" {
		return judging.Fails("%s %s", name, text)
	}
	return judging.Passes("%s is as designed, and %s", name, alarm.StateValue)
}

func (r *run) triggerRule(ctx context.Context) judging.Finding {
	return r.ruleIs(ctx, r.e.PrimaryAlarm(), r.e.PrimaryAlarm(), r.e.EndpointAlarm(r.other), "ALARM")
}

func (r *run) releaseRule(ctx context.Context) judging.Finding {
	return r.ruleIs(ctx, r.e.EndedRule(), r.e.MachineARN(r.here, "failover"), "FAILED", "TIMED_OUT", "ABORTED")
}

// ruleIs wants a rule that is enabled and whose pattern names everything that it has to match.
func (r *run) ruleIs(ctx context.Context, name string, names ...string) judging.Finding {
	out, err := r.near.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(name)})
	if err != nil {
		return judging.Of(failure.FromAWS(err, "describe the rule %s", name))
	}
	if out.State != ebtypes.RuleStateEnabled {
		return judging.Fails("the rule %s is %s", name, out.State)
	}
	var missing []string
	for _, text := range names {
		if !strings.Contains(aws.ToString(out.EventPattern), `"`+text+`"`) {
			missing = append(missing, fmt.Sprintf("the pattern of %s does not name %s", name, text))
		}
	}
	return judging.All(missing, "%s is enabled", name)
}
