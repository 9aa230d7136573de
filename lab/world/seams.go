package world

import (
	"time"

	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// keys is KMS as RDS needs it.
type keys struct{ service *kms.Service }

func (k keys) Resolve(region, id string) (string, error) {
	if err := k.service.Usable(region, id); err != nil {
		return "", err
	}
	return k.service.ARN(region, id)
}

// metrics is CloudWatch as the services need it that publish by themselves.
type metrics struct{ service *cloudwatch.Service }

func (m metrics) Publish(region, namespace, metric, dimension, value string, point float64) {
	m.service.Put(region, namespace, metric, cloudwatch.Dimensions(dimension, value), point)
}

// alarms is CloudWatch as a health check of type CLOUDWATCH_METRIC follows it: by the alarm's data stream.
type alarms struct{ service *cloudwatch.Service }

func (a alarms) OnAlarm(region, name string, f func(state string, since time.Time)) {
	a.service.OnAlarm(region, func(change cloudwatch.AlarmChange) {
		if change.Name == name {
			f(string(change.New), change.Since)
		}
	})
}
