package world

import (
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/watching"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// layBackupAlarms makes the alarms on backups, with the data of a good last hour behind them.
func (w *World) layBackupAlarms(region string) {
	for _, a := range watching.Alarms(w.Env, region) {
		definition := cloudwatch.Definition(a)
		definition.AlarmActions = []string{w.Env.Topic(region, a.Topic)}
		definition.OKActions = definition.AlarmActions
		w.Metrics.Create(region, definition)
		w.Metrics.Put(region, a.Namespace, a.Metric, definition.Dimensions, 0)
	}
}

// lifecycle are the lifecycle rules of the backup buckets.
func (w *World) lifecycle() []s3.Expiry {
	rules := []s3.Expiry{{Markers: true, Uploads: retention.UnfinishedUploads}}
	for _, e := range retention.Lifecycle(retention.From(w.Env)) {
		rules = append(rules, s3.Expiry{Tag: retention.TagKey, Value: string(e.Class), Days: e.Days, Noncurrent: e.Noncurrent})
	}
	return rules
}
