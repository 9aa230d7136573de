package eventbridge

import (
	"cmp"
	"slices"
)

// Rules are the rules of a region, by name.
func (s *Service) Rules(region string) []Rule {
	var all []Rule
	for at, r := range s.rules {
		if at[0] == region {
			all = append(all, r.Rule)
		}
	}
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
