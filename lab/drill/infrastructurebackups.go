package drill

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sources"
	"github.com/acso/disaster-recovery/lab/world"
)

// later is a commit that is deployed while the scenario runs.
var later = sources.Hash(laterFiles())

func laterFiles() map[string]string { return map[string]string{"app.go": "package main // later\n"} }

// infrastructureBackups: what is deployed, as a recovery point.
var infrastructureBackups = []Scenario{
	{
		Name: "backup-infrastructure", Expected: Recovered, machine: "backup-infrastructure", everywhere: true,
		Sentence: "The deployed commit, templates, parameters and task definitions with their images' digests are stored; the same again is not stored twice.",
		prepare: func(r *run) {
			r.at(r.moment(), func() { r.startIn(r.env.Regions.Primary, "{}") })
			r.at(r.moment()+10*time.Minute, func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: func(r *run) []Invariant { return r.deploymentsHold(1, "", 2) },
	},
	{
		Name: "backup-infrastructure-on-deployment", Expected: Recovered, machine: "backup-infrastructure", limit: 2 * time.Hour,
		Sentence: "Stacks of both regions are deployed from a new commit, one after the other: nobody starts anything, and the last point has all of it.",
		prepare: func(r *run) {
			r.world.Sources.Push(laterFiles())
			at := r.moment()
			for n, name := range []string{"storage", "backup", "recovery"} {
				r.at(at+time.Duration(n)*6*time.Minute, func() { r.deploy(r.env.Regions.Recovery, name, later) })
				r.at(at+time.Duration(n)*6*time.Minute+30*time.Second, func() { r.deploy(r.env.Regions.Primary, name, later) })
			}
			r.at(at+40*time.Minute, func() {})
		},
		judge: func(r *run) []Invariant { return r.deploymentsHold(-1, later, 2) },
	},
	{
		Name: "backup-infrastructure-unreachable", Expected: FailedDirty, machine: "backup-infrastructure",
		Sentence: "The source repository answers nobody: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`) })
			r.at(at+5*time.Minute, func() {
				r.say("fault", r.env.Regions.Primary, "the source repository does not answer any more")
				r.world.Sources.Down(true)
				r.deploy(r.env.Regions.Primary, "storage", later)
			})
		},
		judge: func(r *run) []Invariant {
			_, holds := r.pointsHold(retention.Infrastructure, 1)
			return []Invariant{holds, r.teamTold("Infrastructure backup failed")}
		},
	},
	{
		Name: "backup-infrastructure-denied", Expected: FailedDirty, machine: "backup-infrastructure",
		Sentence: "The bucket's policy denies every write: the backup fails and says so, and the older point is whole.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, `{"reason":"the backup before"}`) })
			r.at(at+5*time.Minute, func() {
				r.refuseBackups()
				r.world.Sources.Push(laterFiles())
				r.deploy(r.env.Regions.Primary, "storage", later)
			})
		},
		judge: func(r *run) []Invariant {
			_, holds := r.pointsHold(retention.Infrastructure, 1)
			return []Invariant{holds, r.teamTold("Infrastructure backup failed")}
		},
	},
	{
		Name: "backup-infrastructure-commit-missing", Expected: FailedClean, machine: "backup-infrastructure",
		Sentence: "A stack was deployed by something that names no commit: the stack is named, and no point pretends to know.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.deploy(r.env.Regions.Primary, "storage", "") }) },
		judge: func(r *run) []Invariant {
			return append(r.deploymentsHold(0, "", 0), r.teamTold("Infrastructure backup failed"), r.causeNames(r.env.Prefix()+"-storage"))
		},
	},
	{
		Name: "backup-infrastructure-commit-unknown", Expected: FailedClean, machine: "backup-infrastructure",
		Sentence: "The deployed commit was never pushed: it is named, with what to do.",
		prepare:  func(r *run) { r.at(r.moment(), func() { r.deploy(r.env.Regions.Primary, "storage", later) }) },
		judge: func(r *run) []Invariant {
			return append(r.deploymentsHold(0, "", 0), r.teamTold("Infrastructure backup failed"), r.causeNames(later))
		},
	},
	{
		Name: "backup-infrastructure-token-refused", Expected: FailedDirty, machine: "backup-infrastructure",
		Sentence: "The repository takes the token no more: the backup fails, says which parameter to renew, and shows the token nowhere.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "the source repository asks for another token")
				r.world.Sources.Require("a new one")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.deploymentsHold(0, "", 0), r.teamTold("Infrastructure backup failed"), r.causeNames("sourcesToken"), r.shownNowhere(world.SourcesToken))
		},
	},
	{
		Name: "backup-infrastructure-recovery-down", Expected: FailedDirty, machine: "backup-infrastructure",
		Sentence: "us-west-2 does not answer: what is deployed in us-east-1 is stored, and that the rest is missing is a failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Recovery, "the region dies")
				r.world.Cloud.Kill(r.env.Regions.Recovery)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant {
			return append(r.deploymentsHold(1, "", 1), r.teamTold("Infrastructure backup failed"), r.causeNames(r.env.Regions.Recovery))
		},
	},
	{
		Name: "backup-infrastructure-throttled", Expected: Recovered, machine: "backup-infrastructure",
		Sentence: "CloudFormation, ECS and ECR refuse their first calls in both regions: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				for _, operation := range []string{"CloudFormation.*", "ECS.*", "ECR.*"} {
					r.world.Cloud.Inject(cloud.Fault{Operation: operation, First: 1, Count: 3, PerName: true, Effect: cloud.Throttled})
				}
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.deploymentsHold(1, "", 2) },
	},
	{
		Name: "backup-infrastructure-twice", Expected: Recovered, machine: "backup-infrastructure",
		Sentence: "Two backups start at once: they find the same and share their recovery point.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.deploymentsHold(1, "", 2) },
	},
}

func (r *run) deploy(region, name, commit string) {
	r.say("fault", region, "stack %s-%s is deployed from %s", r.env.Prefix(), name, map[bool]string{true: "nothing that it names", false: "commit " + commit}[commit == ""])
	r.world.Deploy(region, name, commit)
}

// deploymentsHold judges the points of the infrastructure: each restores, and the newest says what is deployed in so many
// regions, from the commit that is named ("" for the one before the scenario).
func (r *run) deploymentsHold(want int, commit string, regions int) []Invariant {
	const name = "the newest point says what is deployed"
	list, holds := r.pointsHold(retention.Infrastructure, want)
	if holds.Result != Pass || len(list) == 0 {
		return []Invariant{holds}
	}
	if err := r.deploymentHolds(list[len(list)-1], commit, regions); err != nil {
		return []Invariant{holds, verdict(name, false, "%v", err)}
	}
	return []Invariant{holds, verdict(name, true, "%d points, %d regions", len(list), regions)}
}

func (r *run) deploymentHolds(p recoveryPoint, commit string, regions int) error {
	d, err := infrastructure.Parse(p.bodies[infrastructure.File])
	if err != nil {
		return err
	}
	if commit != "" && d.Commit != commit {
		return fmt.Errorf("it is of commit %s, and %s was deployed", d.Commit, commit)
	}
	archive := p.bodies[d.Archive]
	if sum := sha256.Sum256(archive); hex.EncodeToString(sum[:]) != d.ArchiveSHA256 {
		return fmt.Errorf("%s of %d bytes is not the archive that it names", d.Archive, len(archive))
	}
	if d.Archive != infrastructure.ArchiveName(p.taken) {
		return fmt.Errorf("the archive of %s is called %s", p.taken.Format(time.RFC3339), d.Archive)
	}
	if (len(d.Unread) == 0) != (regions == 2) {
		return fmt.Errorf("of %d regions, unread are %v", regions, d.Unread)
	}
	return r.deploymentComplete(p, d, r.world.Cloud.Regions()[:regions])
}

// deploymentComplete compares what a document says of some regions with the world.
func (r *run) deploymentComplete(p recoveryPoint, d infrastructure.Deployment, regions []string) error {
	for _, region := range regions {
		templates := r.world.Stacks.Templates(region)
		for _, name := range slices.Sorted(maps.Keys(templates)) {
			at := slices.IndexFunc(d.Stacks, func(s infrastructure.Stack) bool { return s.Region == region && s.Name == name })
			if at < 0 || string(p.bodies[d.Stacks[at].Template]) != templates[name] || len(d.Stacks[at].Parameters) == 0 {
				return fmt.Errorf("stack %s of %s is not as it was deployed", name, region)
			}
		}
		for _, s := range r.env.Services {
			at := slices.IndexFunc(d.Services, func(f infrastructure.Service) bool {
				return f.Region == region && f.Service == r.env.Service(region, s.Name)
			})
			if at < 0 || len(d.Services[at].Images) != 1 || !strings.Contains(d.Services[at].Images[0].Image, "@sha256:") || len(d.Services[at].Definition) == 0 {
				return fmt.Errorf("service %s of %s is not described", s.Name, region)
			}
		}
	}
	return nil
}

// shownNowhere: a secret is in no output, no cause and no message.
func (r *run) shownNowhere(secret string) Invariant {
	const name = "the secret is shown nowhere"
	for _, x := range r.world.States.Executions() {
		if strings.Contains(string(x.Output())+x.Cause(), secret) {
			return verdict(name, false, "execution %s shows it", x.Machine)
		}
	}
	looked := 0
	for _, region := range r.world.Cloud.Regions() {
		for _, topic := range r.env.Topics() {
			for _, m := range r.world.SNS.Messages(region, topic) {
				if looked++; strings.Contains(m.Subject+m.Body, secret) {
					return verdict(name, false, "%s of %s was told it: %s", topic, region, m.Subject)
				}
			}
		}
	}
	return verdict(name, looked > 0, "%s looked at", counted(looked, "message"))
}
