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

// Set enables or disables a schedule behind the back of whoever made it.
func (s *Service) Set(region, name string, disabled bool) {
	sc := s.schedules[[2]string{region, name}]
	if sc == nil {
		panic("lab: no schedule " + name + " in " + region)
	}
	sc.Disabled = disabled
	s.arm(sc)
}

// Remove deletes a schedule of a region.
func (s *Service) Remove(region, name string) {
	if sc := s.schedules[[2]string{region, name}]; sc != nil {
		sc.stop()
	}
	delete(s.schedules, [2]string{region, name})
}
