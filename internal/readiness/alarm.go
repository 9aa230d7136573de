package readiness

import (
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/following"
	"github.com/acso/disaster-recovery/internal/watching"
)

// Alarm is raised in a region that was not once seen ready in an hour. A watcher that is silent is not ready either. It is in
// both regions: in the active one the metric says whether that serves. One that was left behind is silent until it was ready
// once (function followrole sees to it).
func Alarm(e *environment.Environment) watching.Alarm {
	return watching.Alarm{
		Name: following.NotReadyAlarm(e), Description: "For more than an hour this region could not have been activated, or nobody knows.",
		Namespace: Namespace, Metric: Ready, Dimensions: map[string]string{metricsDimension: e.Name},
		Period: time.Hour, Threshold: 1, Under: true, Missing: "breaching", Topic: e.Contacts.OnCall.Topic,
	}
}
