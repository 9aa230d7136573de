package lambda

import (
	"maps"
	"slices"
)

// Functions are the ARNs of all functions, in all regions.
func (s *Service) Functions() []string { return slices.Sorted(maps.Keys(s.functions)) }
