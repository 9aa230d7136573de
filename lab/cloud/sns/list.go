package sns

import (
	"maps"
	"slices"
)

// Topics are the ARNs of all topics, in all regions.
func (s *Service) Topics() []string { return slices.Sorted(maps.Keys(s.topics)) }
