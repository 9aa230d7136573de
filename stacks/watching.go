package stacks

import (
	"time"

	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/internal/watching"
)

// alarms are those on backups, as package watching has them for the lab and for here.
func (b *backup) alarms() {
	for _, a := range append(watching.Alarms(b.env, b.region), readiness.Alarm(b.env)) {
		made := alarm{
			id: "alarm-" + a.Name, name: a.Name, description: a.Description, namespace: a.Namespace, metric: a.Metric,
			statistic: a.Statistic(), dimensions: a.Dimensions, period: int(a.Period / time.Second), periods: 1, needed: 1, threshold: a.Threshold, under: a.Under, missing: a.Missing, topic: a.Topic, noOK: a.NoOK,
		}
		why := "Its actions are off where no backups are taken now; function followrole enables them when the region becomes the active one."
		for _, item := range following.Alarms(b.env, b.region) {
			if item.Name == a.Name {
				made.muted = !item.Enabled(b.active()) // function followrole switches it when the roles change
				if item.Standby {
					why = "Its actions are off where nothing is copied to now; function followrole enables them when the region stands by."
				}
			}
		}
		alarm := b.alarm(made)
		if made.muted {
			accept(alarm, both("CloudWatchAlarmAction", why))
		}
	}
}
