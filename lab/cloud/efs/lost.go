package efs

import "slices"

// Lose takes a file system out of the world, with the replications that it is part of.
func (s *Service) Lose(region, token string) {
	f := s.Find(region, token)
	if f == nil {
		return
	}
	s.systems = slices.DeleteFunc(s.systems, func(other *FileSystem) bool { return other == f })
	s.replications = slices.DeleteFunc(s.replications, func(r *Replication) bool { return r.Source == f || r.Destination == f })
}
