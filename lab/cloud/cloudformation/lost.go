package cloudformation

import "slices"

// Lose takes a stack out of the world, without an event.
func (s *Service) Lose(region, name string) {
	s.stacks = slices.DeleteFunc(s.stacks, func(k *stack) bool { return k.region == region && k.Name == name })
}
