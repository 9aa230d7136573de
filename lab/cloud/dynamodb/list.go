package dynamodb

import "slices"

// Tables are the names of the tables of a region.
func (s *Service) Tables(region string) []string {
	var all []string
	for at := range s.tables {
		if at[0] == region {
			all = append(all, at[1])
		}
	}
	slices.Sort(all)
	return all
}
