package s3

import (
	"maps"
	"slices"
)

// Buckets are all buckets with their settings, by name.
func (s *Service) Buckets() []Bucket {
	var all []Bucket
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		all = append(all, s.buckets[name].Bucket)
	}
	return all
}
