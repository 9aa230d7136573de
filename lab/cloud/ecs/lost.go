package ecs

// Lose takes a region's cluster with all its services out of the world, as somebody did who deleted the stack. The name of
// its load balancer answers nobody until Begin puts a cluster there again.
func (s *Service) Lose(regionName string) {
	r := s.regions[regionName]
	for _, w := range r.workload {
		for _, t := range w.tasks {
			t.gone, t.running, t.healthy = true, false, false
		}
		w.tasks, w.desired = nil, 0
	}
	r.cluster, r.workload, r.targets, r.families = "", nil, nil, nil
}

// Images are the images that a service's containers run.
func (s *Service) Images(regionName, service string) []string {
	w := s.Workload(regionName, service)
	if w == nil {
		return nil
	}
	var images []string
	if d := s.regions[regionName].definition(w.definition); d != nil {
		for _, c := range d.containers {
			if c.Image != nil {
				images = append(images, *c.Image)
			}
		}
	}
	return images
}
