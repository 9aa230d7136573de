// Package followrole has a region's schedules, rules and alarms follow its role, once a minute: what starts backups and what
// pages people is enabled where the system is active, and silent in the region that is not. It says in metrics which one that
// is, and how long the recovery took that made it so, for the dashboards of both regions.
//
// It decides no role: it takes the one that an incident decided last, from its own region's table or, for a region that was
// dead meanwhile, from the other one's. It refuses to guess: without a role nothing is changed. It changes nothing but whether
// something is enabled, and nothing that is as it should be. It says no recovery time that nobody measured.
package followrole

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/switching"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded}, incident.Errors...)

// Input is empty: EventBridge sends {}.
type Input struct{}

// Output is what the region is, and what had to be changed for it.
type Output struct {
	ActiveRegion string   `json:"activeRegion"`
	Active       bool     `json:"active"`  // whether that is this region
	Asked        string   `json:"asked"`   // why the other region's role is not known, "" when it is
	Changed      []string `json:"changed"` // what was enabled or disabled
}

// Handler follows the role.
type Handler struct {
	p          platform.Platform
	store      *incident.Store
	scheduler  *scheduler.Client
	events     *eventbridge.Client
	cloudwatch *cloudwatch.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), scheduler: scheduler.NewFromConfig(p.AWS), events: eventbridge.NewFromConfig(p.AWS), cloudwatch: cloudwatch.NewFromConfig(p.AWS)}
}

// Grants is what it may do in its region: know both regions' roles, and enable and disable what follows it.
func Grants(e *environment.Environment, region string) []grant.Grant {
	arn := func(service, resource string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, resource)
	}
	var rules, alarms []string
	for _, r := range following.Rules(e) {
		rules = append(rules, arn("events", "rule/"+r.Name))
	}
	// Those of either region, in both: the rights of the two are the same.
	for _, of := range []string{e.Regions.Recovery, e.Regions.Primary} {
		for _, a := range following.Alarms(e, of) {
			if alarm := arn("cloudwatch", "alarm:"+a.Name); !slices.Contains(alarms, alarm) {
				alarms = append(alarms, alarm)
			}
		}
	}
	notReady := arn("cloudwatch", "alarm:"+following.NotReadyAlarm(e))
	alarms = append(alarms, notReady)
	return append(append(incident.ActiveGrants(e, region), switching.Grants()...),
		grant.Grant{Actions: []string{"dynamodb:PutItem"}, Resources: []string{arn("dynamodb", "table/"+e.IncidentTable())}},
		grant.Grant{Actions: []string{"scheduler:ListSchedules"}, Resources: []string{"*"}},
		grant.Grant{Actions: []string{"scheduler:GetSchedule", "scheduler:UpdateSchedule"}, Resources: []string{arn("scheduler", "schedule/default/"+e.Prefix()+"-*")}},
		// An update hands the schedule's role over anew.
		// https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_service-with-iam.html
		grant.Grant{Actions: []string{"iam:PassRole"}, Resources: []string{e.RolesOf(region, "backup", "scheduler")}},
		grant.Grant{Actions: []string{"events:DescribeRule", "events:EnableRule", "events:DisableRule"}, Resources: rules},
		grant.Grant{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{arn("cloudwatch", "alarm:*")}},
		grant.Grant{Actions: []string{"cloudwatch:EnableAlarmActions", "cloudwatch:DisableAlarmActions"}, Resources: alarms},
		grant.Grant{Actions: []string{"cloudwatch:SetAlarmState"}, Resources: []string{notReady}},
	)
}

// Handle looks once, and changes what is not as the role wants it. One thing that cannot be changed does not stop the others.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	role, asked, err := incident.LatestRole(ctx, h.p)
	if err != nil {
		return Output{}, err
	}
	out := Output{ActiveRegion: role.ActiveRegion, Active: role.ActiveRegion == h.p.Region(), Changed: []string{}}
	if asked != nil {
		out.Asked = asked.Error()
	}
	// A region that was dead when it was decided learns of it here, for all that run in it.
	if err := h.adopt(ctx, role); err != nil {
		return out, err
	}
	err = errors.Join(h.schedules(ctx, &out), h.rules(ctx, &out), h.alarms(ctx, role, &out), h.tell(ctx, role))
	return out, err
}

func (h *Handler) adopt(ctx context.Context, role incident.Role) error {
	own, err := h.store.Role(ctx)
	if err != nil || own.Epoch >= role.Epoch {
		return err
	}
	return h.store.SetRole(ctx, role)
}
