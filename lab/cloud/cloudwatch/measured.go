package cloudwatch

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Measured lists the metrics of a region that have ever had a value, each as namespace, name and its dimensions as
// Name=Value, in alphabetical order.
func (s *Service) Measured(region string) [][]string {
	var all [][]string
	for id, m := range s.metrics {
		parts := strings.Split(id, "\x00")
		if parts[0] == region && len(m.minutes) > 0 {
			all = append(all, slices.DeleteFunc(parts[1:], func(part string) bool { return part == "" }))
		}
	}
	slices.SortFunc(all, slices.Compare)
	return all
}

// Worst is the highest value that a metric ever had, of those that are kept; ok is false when it never had one.
func (s *Service) Worst(region, namespace, name string, dimensions []types.Dimension) (worst float64, ok bool) {
	m := s.metrics[key(region, namespace, name, dimensions)]
	if m == nil {
		return 0, false
	}
	for i, b := range m.minutes {
		if i == 0 || b.maximum > worst {
			worst = b.maximum
		}
	}
	return worst, len(m.minutes) > 0
}

// Last is the value of a metric in the last minute that has one; ok is false when it never had one.
func (s *Service) Last(region, namespace, name string, dimensions []types.Dimension) (value float64, ok bool) {
	m := s.metrics[key(region, namespace, name, dimensions)]
	if m == nil || len(m.minutes) == 0 {
		return 0, false
	}
	last := m.minutes[len(m.minutes)-1]
	return last.sum / last.count, true
}
