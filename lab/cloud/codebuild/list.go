package codebuild

import (
	"maps"
	"slices"
)

// Projects are the ARNs of all projects, in all regions.
func (s *Service) Projects() []string {
	var all []string
	for _, p := range s.projects {
		all = append(all, s.ARN(p.Region, p.Name))
	}
	slices.Sort(all)
	return all
}

func sorted(values map[string]string) []string { return slices.Sorted(maps.Keys(values)) }
