package drill

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/lab/cloud"
	labkms "github.com/acso/disaster-recovery/lab/cloud/kms"
)

// configurationBackups: the parameters, as a recovery point and in the other region's Parameter Store.
var configurationBackups = []Scenario{
	{
		Name: "backup-configuration", Expected: Recovered, machine: "backup-configuration", everywhere: true,
		Sentence: "The parameters are stored with their secrets sealed, and us-west-2 has those that are not a region's own.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") }) },
		judge:    func(r *run) []Invariant { return r.parametersHold(1) },
	},
	{
		Name: "backup-configuration-on-change", Expected: Recovered, machine: "backup-configuration",
		Sentence: "Three parameters change within a second, one of them while it is backed up: nobody starts anything, and both places have the last values.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.changeParameter("supervisor/log-level", "debug") })
			r.at(at+400*time.Millisecond, func() { r.changeSecret("supervisor/token", "rotated") })
			r.at(at+900*time.Millisecond, func() { r.changeParameter("a new one", "appears") })
			r.at(at+1300*time.Millisecond, func() { r.changeParameter("supervisor/log-level", "trace") })
		},
		judge: func(r *run) []Invariant { return r.parametersHold(-1) },
	},
	{
		Name: "backup-configuration-key-missing", Expected: FailedDirty, machine: "backup-configuration",
		Sentence: "The key is disabled in us-west-2: no secret is written there in the clear or left out in silence, and the recovery point stands.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Recovery, "the key %s is disabled", r.env.KeyAlias())
				r.world.KMS.SetState(r.env.Regions.Recovery, r.env.KeyAlias(), labkms.Disabled)
				r.startIn(r.env.Regions.Primary, "{}")
			})
			r.at(r.moment()+10*time.Minute, func() { r.world.KMS.SetState(r.env.Regions.Recovery, r.env.KeyAlias(), labkms.Enabled) })
		},
		judge: func(r *run) []Invariant { return append(r.documentsHold(1), r.teamTold("Configuration backup failed")) },
	},
	{
		Name: "backup-configuration-unreachable", Expected: FailedDirty, machine: "backup-configuration",
		Sentence: "Parameter Store does not answer: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`) })
			r.at(at+3*time.Minute, func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "SSM.*", Effect: cloud.Unreachable})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.documentsHold(1), r.teamTold("Configuration backup failed")) },
	},
	{
		Name: "backup-configuration-recovery-down", Expected: FailedDirty, machine: "backup-configuration",
		Sentence: "us-west-2 does not answer: the recovery point stands, and that the copy is missing is a failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Recovery, "the region dies")
				r.world.Cloud.Kill(r.env.Regions.Recovery)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.documentsHold(1), r.teamTold("Configuration backup failed")) },
	},
	{
		Name: "backup-configuration-throttled", Expected: Recovered, machine: "backup-configuration",
		Sentence: "Parameter Store and KMS refuse their first calls in both regions: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				for _, operation := range []string{"SSM.*", "KMS.GenerateDataKey"} {
					r.world.Cloud.Inject(cloud.Fault{Operation: operation, First: 1, Count: 6, PerName: true, Effect: cloud.Throttled})
				}
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.parametersHold(1) },
	},
}

func (r *run) changeParameter(name, value string) {
	name = strings.ReplaceAll(name, " ", "-")
	r.say("fault", r.env.Regions.Primary, "parameter %s changes", name)
	r.world.SSM.Put(r.env.Regions.Primary, r.env.Parameters+"/"+name, value, types.ParameterTypeString, "")
}

func (r *run) changeSecret(name, value string) {
	r.say("fault", r.env.Regions.Primary, "secret %s changes", name)
	r.world.SSM.Put(r.env.Regions.Primary, r.env.Parameters+"/"+name, value, types.ParameterTypeSecureString, r.env.KeyAlias())
}

// parametersHold judges the points, and that the other region has every value that it should, and nothing else.
func (r *run) parametersHold(want int) []Invariant {
	const name = "the other region's parameters are the same"
	list := r.documentsHold(want)
	primary, recovery := r.env.Regions.Primary, r.env.Regions.Recovery
	same := 0
	for _, p := range r.world.SSM.Names(primary) {
		here, _ := r.world.SSM.Value(primary, p)
		there, exists := r.world.SSM.Value(recovery, p)
		regional := slices.Contains(r.env.RegionalParameters, strings.TrimPrefix(p, r.env.Parameters+"/"))
		if regional == (exists && here == there) {
			return append(list, verdict(name, false, "%s is %q and in %s %q", p, here, recovery, there))
		}
		same++
	}
	if len(r.world.SSM.Secrets(primary)) != len(r.world.SSM.Secrets(recovery)) {
		return append(list, verdict(name, false, "secrets here are %v and there %v", r.world.SSM.Secrets(primary), r.world.SSM.Secrets(recovery)))
	}
	return append(list, verdict(name, true, "%d parameters were compared", same))
}

// documentsHold judges the points of the configuration: each restores to the values that the parameters had, from either
// region's key, and no stored byte gives a secret away.
func (r *run) documentsHold(want int) []Invariant {
	const restored, secret = "the stored parameters are those of the tree", "no secret is stored in the clear"
	list, holds := r.pointsHold("configuration", want)
	if holds.Result != Pass {
		return []Invariant{holds}
	}
	for _, p := range list {
		for _, value := range r.world.SecretsInTheClear(r.env.Regions.Primary) {
			if bytes.Contains(p.bodies[parameters.File], []byte(value)) {
				return []Invariant{holds, verdict(secret, false, "%s has one", p.key)}
			}
		}
	}
	opened, err := r.openNewest(list)
	if err != nil {
		return []Invariant{holds, verdict(restored, false, "%v", err)}
	}
	return []Invariant{holds, verdict(secret, true, "%d points", len(list)), verdict(restored, true, "%d parameters of the newest point, opened in both regions", opened)}
}

// openNewest opens every entry of the newest point with the keys of each region and compares it with the tree.
func (r *run) openNewest(list []recoveryPoint) (int, error) {
	if len(list) == 0 {
		return 0, fmt.Errorf("there is no point")
	}
	d, err := parameters.Unmarshal(list[len(list)-1].bodies[parameters.File])
	if err != nil {
		return 0, err
	}
	if names := r.world.SSM.Names(r.env.Regions.Primary); len(names) != len(d.Parameters) {
		return 0, fmt.Errorf("%d parameters are stored and %d exist", len(d.Parameters), len(names))
	}
	for _, region := range r.world.Cloud.Regions() {
		if !r.world.Cloud.Alive(region) {
			continue
		}
		client := kms.NewFromConfig(r.world.Cloud.Config(cloud.Principal{Name: "judge", Region: region, Unlimited: true}))
		for _, e := range d.Parameters {
			value, err := parameters.Open(context.Background(), client, e)
			if err != nil {
				return 0, fmt.Errorf("in %s: %w", region, err)
			}
			if now, _ := r.world.SSM.Value(r.env.Regions.Primary, e.Name); now != value {
				return 0, fmt.Errorf("%s restores to %q and is %q", e.Name, value, now)
			}
		}
	}
	return len(d.Parameters), nil
}
