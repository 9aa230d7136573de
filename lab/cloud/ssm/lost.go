package ssm

import "strings"

// Lose takes every parameter below a path out of the world, without telling anybody.
func (s *Service) Lose(region, path string) {
	for _, name := range s.Names(region) {
		if strings.HasPrefix(name, path+"/") {
			delete(s.parameters, [2]string{region, name})
		}
	}
}
