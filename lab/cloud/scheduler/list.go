package scheduler

import (
	"cmp"
	"slices"
)

// Schedules are the schedules of a region, by name.
func (s *Service) Schedules(region string) []Schedule {
	var all []Schedule
	for at, sc := range s.schedules {
		if at[0] == region {
			all = append(all, sc.Schedule)
		}
	}
	slices.SortFunc(all, func(a, b Schedule) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
