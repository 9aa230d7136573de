package world

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/lab/cloud/cloudformation"
	"github.com/acso/disaster-recovery/lab/cloud/eventbridge"
	"github.com/acso/disaster-recovery/lab/cloud/scheduler"
	"github.com/acso/disaster-recovery/lab/cloud/ssm"
	"github.com/acso/disaster-recovery/statemachines"
)

// SourcesToken is what the source repository asks for.
const SourcesToken = "backup:reads the sources"

// layBackedUp puts in what is backed up beside the database: files, parameters, logs, and the key that seals secrets.
func (w *World) layBackedUp(active string) {
	w.Files.Fill(24, w.Sim.Now().Add(-30*24*time.Hour))
	w.layMultiRegionKey(w.Env.KeyAlias())
	for _, region := range w.Cloud.Regions() {
		w.layStacks(region)
		if other := w.Env.Pair(region); region == active {
			w.RDS.ReplicateBackups(region, w.Env.DatabaseIn(region), other, w.Env.DatabaseKey(other), w.Env.Database.BackupRetention.Days())
		}
		w.layParameters(region)
		for n, group := range w.Env.LogGroups(region) {
			service := w.Env.Services[n].Name
			w.Logs.Create(region, group, service+"/"+service+"/0a1b", service+"/"+service+"/2c3d")
		}
	}
}

// layMultiRegionKey makes the key of everything but the database: one key with a replica in the other region.
func (w *World) layMultiRegionKey(alias string) {
	id := w.KMS.CreateMultiRegion(w.Cloud.Regions()...)
	for _, region := range w.Cloud.Regions() {
		arn, err := w.KMS.ARN(region, id)
		if err != nil {
			panic(fmt.Sprintf("lab: key %s in %s: %v", id, region, err)) // it was just made
		}
		w.KMS.Alias(region, alias[len("alias/"):], arn)
	}
}

// layParameters gives a region its configuration: the primary all of it, the recovery region only what is its own.
func (w *World) layParameters(region string) {
	e := w.Env
	for _, name := range e.RegionalParameters {
		w.SSM.Put(region, e.Parameters+"/"+name, region+" has its own "+name, types.ParameterTypeString, "")
	}
	// Whoever gives a webhook its secret puts it into both regions: messages are sent from the one that lives.
	for _, endpoint := range e.Endpoints() {
		w.SSM.Put(region, e.Parameters+"/"+endpoint.Secret, "signs messages to "+endpoint.URL, types.ParameterTypeSecureString, e.KeyAlias())
	}
	if e.SourcesToken != "" { // whoever makes a token puts it into both regions, too
		w.SSM.Put(region, e.Parameters+"/"+e.SourcesToken, SourcesToken, types.ParameterTypeSecureString, e.KeyAlias())
		w.Sources.Require(SourcesToken)
	}
	if region == e.Regions.Primary {
		w.layShared(region)
	}
}

// layShared gives a region the configuration that both have to have.
func (w *World) layShared(region string) {
	e := w.Env
	for n, s := range e.Services {
		w.SSM.Put(region, e.Parameters+"/"+s.Name+"/log-level", "info", types.ParameterTypeString, "")
		w.SSM.Put(region, e.Parameters+"/"+s.Name+"/token", fmt.Sprintf("secret number %d of %s", n, s.Name), types.ParameterTypeSecureString, e.KeyAlias())
	}
	w.SSM.Put(region, e.Parameters+"/feeds", "alpha,beta,gamma", types.ParameterTypeStringList, "")
	w.SSM.Put(region, e.Parameters+"/database/password", "correct horse battery staple", types.ParameterTypeSecureString, e.KeyAlias())
}

// SecretsInTheClear are the values of all secret parameters of a region: what no stored byte and no message may contain.
func (w *World) SecretsInTheClear(region string) []string {
	var values []string
	for _, p := range w.SSM.Secrets(region) {
		value, _ := w.SSM.Value(region, p)
		values = append(values, value)
	}
	return values
}

// layBackupRules starts backups when something changes. They are enabled where the data live, a copy into the recovery
// region's Parameter Store being a change there too; what is deployed in the other region is sent on from there.
func (w *World) layBackupRules() {
	e := w.Env
	w.SSM.OnChange(func(c ssm.Change) {
		w.Events.Emit(c.Region, eventbridge.Event{Source: "aws.ssm", DetailType: "Parameter Store Change", Resources: []string{c.ARN}, Detail: c.Detail()})
	})
	w.Stacks.OnChange(func(c cloudformation.Change) {
		w.Events.Emit(c.Region, eventbridge.Event{Source: "aws.cloudformation", DetailType: "CloudFormation Stack Status Change", Resources: []string{c.StackID}, Detail: c.Detail()})
	})
	for _, region := range w.Cloud.Regions() {
		for _, rule := range statemachines.Rules() {
			start := eventbridge.Target{Invoke: func(event json.RawMessage) error {
				_, err := w.States.Start(region, e.MachineName(rule.Machine), "", event)
				return err
			}}
			if rule.Forward {
				start = eventbridge.Target{Bus: e.Pair(region)}
			}
			w.Events.Create(region, eventbridge.Rule{
				Name: e.Prefix() + "-" + rule.Name, Pattern: rule.Pattern(e.Parameters, e.Prefix()), Disabled: !rule.Enabled(region == e.Regions.Primary), Targets: []eventbridge.Target{start},
			})
		}
	}
}

// laySchedules starts backups by the clock, where the data live.
func (w *World) laySchedules() {
	e := w.Env
	for _, region := range w.Cloud.Regions() {
		for _, s := range statemachines.Schedules() {
			name := e.MachineName(s.Machine)
			w.Scheduler.Create(region, scheduler.Schedule{
				Name: e.Prefix() + "-" + s.Name, Expression: s.Expression, Input: s.Input, TargetARN: w.States.ARN(region, name),
				RoleARN: "arn:aws:iam::" + e.Account + ":role" + e.RolePath(region, "backup", "scheduler") + s.Name, Disabled: region != e.Regions.Primary,
				Invoke: func(payload json.RawMessage) error {
					_, err := w.States.Start(region, name, "", payload)
					return err
				},
			})
		}
	}
}
