package cloudwatch

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// Alarms are the alarms of a region, by name.
func (s *Service) Alarms(region string) []cloudwatch.PutMetricAlarmInput {
	var all []cloudwatch.PutMetricAlarmInput
	for at, a := range s.alarms {
		if at[0] == region {
			all = append(all, a.definition)
		}
	}
	slices.SortFunc(all, func(a, b cloudwatch.PutMetricAlarmInput) int { return cmp.Compare(*a.AlarmName, *b.AlarmName) })
	return all
}
