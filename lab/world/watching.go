package world

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// layBackupAlarms makes the alarms on backups, and on readiness, which judges them too. They are raised until there are backups, as after a first deployment.
func (w *World) layBackupAlarms(region string) {
	w.layWatching(region, append(watching.Alarms(w.Env, region), readiness.Alarm(w.Env)))
}

// WatchCopies makes the alarms on S3's copies where backups are not scheduled, and has none therefore.
func (w *World) WatchCopies() {
	for _, region := range w.Cloud.Regions() {
		w.layWatching(region, watching.Copies(w.Env, region))
	}
}

func (w *World) layWatching(region string, alarms []watching.Alarm) {
	for _, a := range alarms {
		definition := cloudwatch.Definition(a)
		definition.AlarmActions = []string{w.Env.Topic(region, a.Topic)}
		if !a.NoOK {
			definition.OKActions = definition.AlarmActions
		}
		for _, item := range following.Alarms(w.Env, region) {
			if item.Name == a.Name {
				definition.ActionsEnabled = aws.Bool(item.Enabled(region == w.Env.Regions.Primary))
			}
		}
		w.Metrics.Create(region, definition)
	}
}

// lifecycle are the lifecycle rules of the backup buckets.
func (w *World) lifecycle() []s3.Expiry {
	rules := []s3.Expiry{{Markers: true, Uploads: retention.UnfinishedUploads}}
	for _, e := range retention.Lifecycle(retention.From(w.Env)) {
		rules = append(rules, s3.Expiry{Tag: retention.TagKey, Value: string(e.Class), Days: e.Days, Noncurrent: e.Noncurrent})
	}
	for _, e := range retention.Passing(retention.From(w.Env)) {
		rules = append(rules, s3.Expiry{Prefix: e.Prefix, Days: e.Days, Noncurrent: e.Noncurrent})
	}
	return rules
}
