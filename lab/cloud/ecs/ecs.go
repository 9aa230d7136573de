// Package ecs models Amazon ECS services with their tasks, Application Auto Scaling's bounds on them, and the load
// balancer of each region in front of them.
//
// It refuses scaling policies (only the bounds of scalable targets act), rolling deployments and task-level detail: a
// service is a number of tasks that start, become healthy and stop.
package ecs

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Names resolves names as something in a place does, through that place's cache.
type Names interface {
	// CNAME is the target of a name, or false where there is no such record.
	CNAME(from, name string) (target string, ok bool)
}

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long ECS takes.
type Durations struct {
	// Start is from the decision to a RUNNING task. A guess for Fargate with an image of some hundred MB.
	Start Span
	// Healthy is from RUNNING to healthy behind the load balancer. A guess: two checks, 10 to 15 s apart.
	Healthy Span
	// Drain is how long a stopping task still counts as running. The deregistration delay is taken as 30 s at most:
	// docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html (default 300 s).
	Drain Span
	// Restart replaces Start when a region comes back from death. A guess: everybody starts at once.
	Restart Span
	// Scale is from a change of a scalable target to the change of the desired count. A guess.
	Scale Span
	// Retry is how long the scheduler waits when it could not place a task. A guess.
	Retry Span
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{
		Start: Span{30 * time.Second, 90 * time.Second}, Healthy: Span{20 * time.Second, 30 * time.Second}, Drain: Span{5 * time.Second, 30 * time.Second},
		Restart: Span{90 * time.Second, 300 * time.Second}, Scale: Span{time.Second, 5 * time.Second}, Retry: Span{30 * time.Second, 60 * time.Second},
	}
}

// Service is ECS in all regions.
type Service struct {
	Durations  Durations
	HealthPath string // under which services answer; /health unless a world says otherwise

	cloud     *cloud.Cloud
	sim       *sim.Sim
	databases *rds.Service
	names     Names
	regions   map[string]*region
	balancers map[string]string // name of a region's own endpoint -> region
}

type region struct {
	name     string
	alive    bool
	cluster  string
	workload []*Workload
	targets  []*target
	families []*taskDefinition
	capacity int // tasks that find room; negative means all
	database string
}

// Workload is one ECS service.
type Workload struct {
	Name     string // of the ECS service
	Short    string // as the health answer names it
	Critical bool
	Region   string

	desired    int
	tasks      []*task
	definition string
	events     []types.ServiceEvent
	retrying   bool
	created    time.Time
}

type task struct {
	running, healthy, stopping, gone bool
}

// New models ECS in every region of the cloud.
func New(c *cloud.Cloud, databases *rds.Service, names Names) *Service {
	s := &Service{Durations: Defaults(), HealthPath: "/health", cloud: c, sim: c.Sim, databases: databases, names: names, regions: map[string]*region{}, balancers: map[string]string{}}
	for _, name := range c.Regions() {
		s.regions[name] = &region{name: name, alive: true, capacity: -1}
	}
	c.BeforeChange(func() { c.Sim.After(0, s.follow) })
	s.registerServices()
	s.registerScaling()
	return s
}

// Setup describes a service that runs when the world begins.
type Setup struct {
	Name, Short string
	Critical    bool
	Desired     int
	Min, Max    int // of the scalable target; both 0 and there is none
	Containers  []types.ContainerDefinition
	Size        Size
	// ARNs of the roles; "" where the definition names none.
	TaskRole, ExecutionRole string
}

// Size is what a task of a definition gets: CPU units (1024 are one vCPU) and MiB, as ECS writes them.
type Size struct{ CPU, Memory string }

// Begin puts a region's cluster, its load balancer's name and its database into the world, with all tasks healthy.
func (s *Service) Begin(regionName, cluster, endpoint, database string, setups ...Setup) {
	r := s.regions[regionName]
	r.cluster, r.database = cluster, database
	s.balancers[endpoint] = regionName
	for _, setup := range setups {
		w := &Workload{Name: setup.Name, Short: setup.Short, Critical: setup.Critical, Region: regionName, desired: setup.Desired, created: s.sim.Now()}
		w.definition = s.cloud.ARN("ecs", regionName, "task-definition/"+setup.Name+":1")
		r.families = append(r.families, &taskDefinition{family: setup.Name, revision: 1, containers: setup.Containers, size: setup.Size, taskRole: orNil(setup.TaskRole), executionRole: orNil(setup.ExecutionRole)})
		for range setup.Desired {
			w.tasks = append(w.tasks, &task{running: true, healthy: true})
		}
		r.workload = append(r.workload, w)
		if setup.Max > 0 {
			r.targets = append(r.targets, &target{resource: resourceID(cluster, setup.Name), low: int32(setup.Min), high: int32(setup.Max), created: s.sim.Now()})
		}
	}
}

// SetDatabase makes the services of a region use another instance of it.
func (s *Service) SetDatabase(region, id string) { s.regions[region].database = id }

// SetCapacity bounds the tasks of a region; tasks beyond find no room until it grows. Negative means no bound.
func (s *Service) SetCapacity(region string, tasks int) { s.regions[region].capacity = tasks }

// Workload finds a service by its ECS name, or gives nil.
func (s *Service) Workload(region, name string) *Workload {
	for _, w := range s.regions[region].workload {
		if w.Name == name {
			return w
		}
	}
	return nil
}

// Workloads are the services of a region in the order of their making.
func (s *Service) Workloads(region string) []*Workload {
	return append([]*Workload(nil), s.regions[region].workload...)
}

// Desired is the number of tasks that the service should run.
func (w *Workload) Desired() int { return w.desired }

// Running is the number of its tasks that run, healthy or not, those included that are on their way out.
func (w *Workload) Running() (n int) {
	for _, t := range w.tasks {
		if t.running {
			n++
		}
	}
	return n
}

// Healthy is the number of its tasks that answer behind the load balancer.
func (w *Workload) Healthy() (n int) {
	for _, t := range w.tasks {
		if t.healthy {
			n++
		}
	}
	return n
}

// Scale sets the desired count at once, as the scheduler of a scenario would.
func (s *Service) Scale(region, name string, desired int) {
	w := s.Workload(region, name)
	w.desired = desired
	s.reconcile(w, s.Durations.Start)
}

func (s *Service) draw(purpose string, span Span) time.Duration {
	return s.sim.Between("ecs "+purpose, span.Low, span.High)
}

func (s *Service) later(region string, d time.Duration, f func()) {
	s.sim.After(d, func() { s.cloud.WhenAlive(region, f) })
}

// reconcile starts or stops tasks until the desired count is met, as far as there is room.
func (s *Service) reconcile(w *Workload, start Span) {
	r := s.regions[w.Region]
	active := 0
	for _, t := range w.tasks {
		if !t.stopping {
			active++
		}
	}
	for i := len(w.tasks) - 1; active > w.desired; i-- {
		if t := w.tasks[i]; !t.stopping {
			s.stop(w, t)
			active--
		}
	}
	for active < w.desired {
		if r.capacity >= 0 && r.used() >= r.capacity {
			s.noRoom(w)
			return
		}
		s.start(w, start)
		active++
	}
}

func (s *Service) start(w *Workload, start Span) {
	t := &task{}
	w.tasks = append(w.tasks, t)
	s.later(w.Region, s.draw("start", start), func() {
		if t.stopping || t.gone {
			return
		}
		t.running = true
		s.later(w.Region, s.draw("healthy", s.Durations.Healthy), func() { t.healthy = !t.stopping && !t.gone })
	})
}

func (s *Service) stop(w *Workload, t *task) {
	t.stopping, t.healthy = true, false
	drain := s.draw("drain", s.Durations.Drain)
	if !t.running {
		drain = 0
	}
	s.later(w.Region, drain, func() { w.remove(t) })
}

func (w *Workload) remove(gone *task) {
	gone.gone, gone.running, gone.healthy = true, false, false
	kept := w.tasks[:0]
	for _, t := range w.tasks {
		if t != gone {
			kept = append(kept, t)
		}
	}
	w.tasks = kept
}

func (r *region) used() (n int) {
	for _, w := range r.workload {
		n += len(w.tasks)
	}
	return n
}

// noRoom leaves the event that ECS leaves and tries again later. The wording:
// docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html.
func (s *Service) noRoom(w *Workload) {
	if w.retrying {
		return
	}
	w.retrying = true
	w.events = append([]types.ServiceEvent{{
		CreatedAt: aws.Time(s.sim.Now()), Id: aws.String(fmt.Sprintf("%s-%d", w.Name, len(w.events))),
		Message: aws.String(fmt.Sprintf("(service %s) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.", w.Name)),
	}}, w.events...)
	s.later(w.Region, s.draw("retry", s.Durations.Retry), func() {
		w.retrying = false
		s.reconcile(w, s.Durations.Start)
	})
}

// follow reacts to what happened to regions: tasks do not survive the death of theirs, and start again with it. A network
// that is cut leaves them running.
func (s *Service) follow() {
	for _, name := range s.cloud.Regions() {
		r := s.regions[name]
		alive := s.cloud.Alive(name)
		if alive == r.alive {
			continue
		}
		r.alive = alive
		for _, w := range r.workload {
			if !alive {
				for _, t := range w.tasks {
					t.gone, t.running, t.healthy = true, false, false
				}
				w.tasks = nil
				continue
			}
			s.reconcile(w, s.Durations.Restart)
		}
	}
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return aws.String(text)
}
