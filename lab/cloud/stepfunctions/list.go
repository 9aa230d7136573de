package stepfunctions

import (
	"maps"
	"slices"
)

// Machines are the ARNs of all state machines, in all regions.
func (s *Service) Machines() []string { return slices.Sorted(maps.Keys(s.machines)) }
