// Package logs models CloudWatch Logs as far as backups use it: log groups with streams whose events become exportable late,
// and export tasks to S3, one at a time in a region.
//
// It has no queries, filters, subscriptions or retention, and what services write follows from group, stream and minute, so
// that a scenario can tell what an export of any span has to contain.
package logs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Bucket is S3 as CloudWatch Logs writes to it, in its own name.
type Bucket interface {
	// Deliver stores an object in a bucket of a region; false when the bucket does not exist there.
	Deliver(region, bucket, key string, body []byte) bool
}

// Span is a duration that is drawn between two bounds; equal bounds fix it.
type Span struct{ Low, High time.Duration }

// Durations are how long CloudWatch Logs takes.
type Durations struct {
	// Export is how long a task runs: "from a few seconds to a few hours".
	// docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html; what is usual within it is a guess.
	Export Span
	// Exportable is how old an event has to be before a task is sure to find it: "Log data can take up to 12 hours to
	// become available for export." (the same page). Younger events are left out here, which is the worst case.
	Exportable time.Duration
}

// Defaults are the durations of a world that nobody changed.
func Defaults() Durations {
	return Durations{Export: Span{40 * time.Second, 4 * time.Minute}, Exportable: 12 * time.Hour}
}

// Service is CloudWatch Logs in all regions.
type Service struct {
	Durations Durations

	cloud  *cloud.Cloud
	sim    *sim.Sim
	bucket Bucket
	groups map[[2]string]*group // by region and name
	tasks  []*task
	failed map[string]int // by region: how many of the next tasks fail while they run
}

type group struct {
	name    string
	streams []string
}

type task struct {
	region, id, name, group, streams string
	bucket, prefix                   string
	from, to                         time.Time
	created                          time.Time
	status                           types.ExportTaskStatusCode
	message                          string
}

// New models CloudWatch Logs.
func New(c *cloud.Cloud, bucket Bucket) *Service {
	s := &Service{Durations: Defaults(), cloud: c, sim: c.Sim, bucket: bucket, groups: map[[2]string]*group{}, failed: map[string]int{}}
	s.register()
	return s
}

// Create makes a log group with the streams that its services write.
func (s *Service) Create(region, name string, streams ...string) {
	slices.Sort(streams)
	s.groups[[2]string{region, name}] = &group{name: name, streams: streams}
}

// FailTasks makes the next tasks of a region fail while they run.
func (s *Service) FailTasks(region string, count int) { s.failed[region] = count }

// Occupy lets a task of somebody else run in a region for d.
func (s *Service) Occupy(region string, d time.Duration) {
	t := &task{region: region, id: s.id(), name: "somebody-else", status: types.ExportTaskStatusCodeRunning, created: s.sim.Now(), group: "other"}
	s.tasks = append(s.tasks, t)
	s.sim.After(d, func() { t.status = types.ExportTaskStatusCodeCompleted })
}

// Task is an export task as a scenario sees it.
type Task struct {
	Region, Name, Group string
	From, To            time.Time
	Status              types.ExportTaskStatusCode
}

// Tasks are all export tasks, oldest first.
func (s *Service) Tasks() []Task {
	var list []Task
	for _, t := range s.tasks {
		list = append(list, Task{t.region, t.name, t.group, t.from, t.to, t.status})
	}
	return list
}

// rhythm is how often each stream writes a line.
const rhythm = 10 * time.Minute

// Text is what a stream of a group holds of [from, to): one line every ten minutes.
func Text(group, stream string, from, to time.Time) string {
	var text strings.Builder
	for at := from.Truncate(rhythm); at.Before(to); at = at.Add(rhythm) {
		if !at.Before(from) {
			fmt.Fprintf(&text, "%s %s/%s serves case %d\n", at.UTC().Format("2006-01-02T15:04:05.000Z"), group, stream, at.Unix()%9973)
		}
	}
	return text.String()
}

func (s *Service) id() string {
	return fmt.Sprintf("33333333-0000-4000-8000-%012d", len(s.tasks)+1)
}

// begin runs a task to its end. Nothing is written before the end, and a task that fails leaves what it had written.
func (s *Service) begin(t *task) {
	s.tasks = append(s.tasks, t)
	s.sim.After(s.sim.Between("logs.export", s.Durations.Export.Low, s.Durations.Export.High), func() {
		s.cloud.WhenAlive(t.region, func() { s.finish(t) })
	})
}

func (s *Service) finish(t *task) {
	if t.status != types.ExportTaskStatusCodeRunning {
		return
	}
	g := s.groups[[2]string{t.region, t.group}]
	until := t.to
	if ripe := s.sim.Now().Add(-s.Durations.Exportable); ripe.Before(until) {
		until = ripe
	}
	fails := s.failed[t.region] > 0
	if fails {
		s.failed[t.region]--
	}
	for n, stream := range g.streams {
		if !strings.HasPrefix(stream, t.streams) {
			continue
		}
		if fails && n > 0 {
			break
		}
		if !s.write(t, stream, until) {
			t.status, t.message = types.ExportTaskStatusCodeFailed, "The destination bucket does not exist in "+t.region
			return
		}
	}
	t.status = types.ExportTaskStatusCodeCompleted
	if fails {
		t.status, t.message = types.ExportTaskStatusCodeFailed, "Internal error, please try again"
	}
}
