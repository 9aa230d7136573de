package cloudwatch

import (
	"slices"
	"strings"
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
