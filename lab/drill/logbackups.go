package drill

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/logs"
)

// logBackups: the logs of the five services, exported one group after the other.
var logBackups = []Scenario{
	{
		Name: "backup-logs", Expected: Recovered, machine: "backup-logs",
		Sentence: "The services' logs are exported, and a later backup continues where the first one ended: not a line is missing or twice.",
		prepare: func(r *run) {
			at := r.moment()
			r.at(at, func() { r.startIn(r.env.Regions.Primary, "{}") })
			r.at(at+90*time.Minute, func() { r.startIn(r.env.Regions.Primary, "{}") })
		},
		judge: func(r *run) []Invariant { return r.logsHold(2) },
	},
	{
		Name: "backup-logs-export-running", Expected: Recovered, machine: "backup-logs",
		Sentence: "Somebody else's export runs for half an hour, and only one may run: the backup waits for it.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "an export of somebody else runs")
				r.world.Logs.Occupy(r.env.Regions.Primary, 30*time.Minute)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.logsHold(1) },
	},
	{
		Name: "backup-logs-export-fails", Expected: Recovered, machine: "backup-logs",
		Sentence: "An export fails half-way: it is started again, and what it left behind is not in the recovery point.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.say("fault", r.env.Regions.Primary, "the next export fails")
				r.world.Logs.FailTasks(r.env.Regions.Primary, 2)
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.logsHold(1) },
	},
	{
		Name: "backup-logs-denied", Expected: FailedDirty, machine: "backup-logs",
		Sentence: "The bucket's policy denies every write, CloudWatch's too: the backup fails and says so.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.refuseBackups()
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.logsHold(0), r.teamTold("Log backup failed")) },
	},
	{
		Name: "backup-logs-unreachable", Expected: FailedDirty, machine: "backup-logs",
		Sentence: "CloudWatch Logs does not answer: the backup fails and says so.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "CloudWatch Logs.*", Effect: cloud.Unreachable})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return append(r.logsHold(0), r.teamTold("Log backup failed")) },
	},
	{
		Name: "backup-logs-twice", Expected: Recovered, machine: "backup-logs",
		Sentence: "Two backups start at once: they share the exports and their recovery point.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.startIn(r.env.Regions.Primary, "{}")
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.logsHold(1) },
	},
	{
		Name: "backup-logs-throttled", Expected: Recovered, machine: "backup-logs",
		Sentence: "CloudWatch Logs refuses its first calls of each kind: patience, not failure.",
		prepare: func(r *run) {
			r.at(r.moment(), func() {
				r.world.Cloud.Inject(cloud.Fault{Region: r.env.Regions.Primary, Operation: "CloudWatch Logs.*", First: 1, Count: 8, PerName: true, Effect: cloud.Throttled})
				r.startIn(r.env.Regions.Primary, "{}")
			})
		},
		judge: func(r *run) []Invariant { return r.logsHold(1) },
	},
}

// logsHold judges the points of the logs: together they have every line once, from 24 hours before the first run's end to
// twelve hours before the last one began.
func (r *run) logsHold(want int) []Invariant {
	const name = "every line of the services' logs is there once"
	list, holds := r.pointsHold("logs", want)
	texts := map[string]string{}
	var from, to time.Time
	for _, p := range list {
		var span struct{ From, To time.Time }
		if err := json.Unmarshal(p.bodies["export/range.json"], &span); err != nil {
			return []Invariant{holds, verdict(name, false, "%s does not say what it covers: %v", p.key, err)}
		}
		if from.IsZero() {
			from, to = span.From, span.From
		}
		if !span.From.Equal(to) {
			return []Invariant{holds, verdict(name, false, "%s begins at %s and the one before ends at %s", p.key, span.From, to)}
		}
		to = span.To
		for file, body := range p.bodies {
			if strings.HasSuffix(file, ".gz") {
				text, err := unzip(body)
				if err != nil {
					return []Invariant{holds, verdict(name, false, "%s: %s: %v", p.key, file, err)}
				}
				texts[strings.TrimSuffix(file, "/000000.gz")] += text
			}
		}
	}
	for n, group := range r.env.LogGroups(r.env.Regions.Primary) {
		service := r.env.Services[n].Name
		for _, task := range []string{"0a1b", "2c3d"} {
			stream := service + "/" + service + "/" + task
			if got := texts[service+"/"+strings.ReplaceAll(stream, "/", "-")]; got != logs.Text(group, stream, from, to) {
				return []Invariant{holds, verdict(name, false, "%s has %d bytes of %s", group, len(got), stream)}
			}
		}
	}
	return []Invariant{holds, verdict(name, want == 0 || to.Sub(from) >= 24*time.Hour, "%s to %s", from.Format(time.RFC3339), to.Format(time.RFC3339))}
}

func unzip(body []byte) (string, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("unzip: %w", err)
	}
	text, err := io.ReadAll(reader)
	return string(text), err
}
