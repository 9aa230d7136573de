// Package backuplogs exports the services' logs to S3 and makes a recovery point of them.
//
// It exports what became exportable since the last point: up to twelve hours ago, since younger events may be missing. It
// starts one export at a time, which is all that an account may have, starts one that failed again, and never takes what a
// failed export left behind for its result. It never waits: the state machine asks again.
package backuplogs

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = slices.Clone(recoverypoint.Errors)

const (
	// exportable is how old events are that an export is sure to find.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
	exportable = 12 * time.Hour
	// usual is how much is exported when there is no point to continue from, and longest how much at most: what is left
	// behind by a long outage takes several runs.
	usual, longest = 24 * time.Hour, 14 * 24 * time.Hour
)

// Input says what to do. {} is not enough: the time of the execution decides what is exported.
type Input struct {
	Action  string    `json:"action"`  // export (the default) or store
	Started time.Time `json:"started"` // when the execution started
	Range   *Range    `json:"range"`   // what the first call answered, in the calls after it
}

// Range is the time whose events are exported: [from, to).
type Range struct {
	From time.Time `json:"from"` // UTC
	To   time.Time `json:"to"`   // UTC
}

// Status is how far the exports are.
type Status string

// The statuses. An export that fails too often is an error and not a status.
const (
	Waiting   Status = "waiting"   // another task of the account runs
	Exporting Status = "exporting" // one of ours runs
	Exported  Status = "exported"  // all groups
)

// Output has what the machine goes on with.
type Output struct {
	Status Status               `json:"status"`
	Range  *Range               `json:"range"`
	Done   int                  `json:"done"` // groups
	Total  int                  `json:"total"`
	Detail string               `json:"detail"`
	Point  *recoverypoint.Point `json:"point,omitempty"` // store
}

// Handler exports logs.
type Handler struct {
	p    platform.Platform
	logs *cloudwatchlogs.Client
	s3   *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, logs: cloudwatchlogs.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS)}
}

// Grants is what it may do: export the services' groups, read what was exported, and take points.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	var groups []string
	for _, group := range e.LogGroups(region) {
		groups = append(groups, fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", region, e.Account, group))
	}
	return append(recoverypoint.Grants(e, region, retention.Logs),
		grant.Grant{Actions: []string{"logs:CreateExportTask"}, Resources: groups},
		grant.Grant{Actions: []string{"logs:DescribeExportTasks"}, Resources: []string{"*"}},
		grant.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{bucket + "/" + staging + "*"}},
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{bucket + "/*/logs/" + about}},
	)
}

// staging is where CloudWatch Logs writes; nothing there is a backup.
const staging = retention.Staging + "logs/"

// about is the file of a point that says which time it covers.
const about = "export/range.json"

// Handle does one step.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Action != "" && in.Action != "export" && in.Action != "store" {
		return Output{}, failure.New(failure.InvalidInput, "back up logs", "action %q is neither export nor store", in.Action)
	}
	if in.Action != "store" { // which is checked when its point is taken
		if err := incident.RequireActive(ctx, h.p, "export the logs of "+h.p.Region()); err != nil {
			return Output{}, err
		}
	}
	if in.Range == nil {
		if in.Started.IsZero() || in.Action == "store" {
			return Output{}, failure.New(failure.InvalidInput, "back up logs", "neither started nor range says what to export")
		}
		span, err := h.due(ctx, in.Started)
		if err != nil {
			return Output{}, err
		}
		in.Range = &span
	}
	if !in.Range.From.Before(in.Range.To) {
		return Output{}, failure.New(failure.InvalidInput, "back up logs", "the range from %s to %s is none", in.Range.From, in.Range.To)
	}
	if in.Action == "store" {
		return h.store(ctx, *in.Range)
	}
	return h.export(ctx, *in.Range)
}

// due is the time to export: from where the last point ended to twelve hours before the execution.
func (h *Handler) due(ctx context.Context, started time.Time) (Range, error) {
	to := started.UTC().Truncate(time.Minute).Add(-exportable)
	span := Range{From: to.Add(-usual), To: to}
	last, _, known, err := h.last(ctx)
	switch {
	case err != nil:
		return span, err
	case known && last.To.Before(to):
		span.From = last.To
	case known: // a point that covers it all exists; exporting again does no harm
		return last, nil
	}
	if span.To.Sub(span.From) > longest {
		span.To = span.From.Add(longest)
	}
	return span, nil
}

// last is what the newest point covers.
func (h *Handler) last(ctx context.Context) (span Range, point recoverypoint.Point, known bool, err error) {
	point, text, known, err := recoverypoint.Newest(ctx, h.p, retention.Logs, about)
	if err != nil || !known {
		return span, point, false, err
	}
	if err := json.Unmarshal(text, &span); err != nil {
		return span, point, false, failure.New(failure.Failed, "read "+about+" of "+point.Manifest, "%w", err)
	}
	return span, point, true, nil
}

// store makes the point of what the exports of all groups wrote.
func (h *Handler) store(ctx context.Context, span Range) (Output, error) {
	out := Output{Status: Exported, Range: &span}
	covered, point, known, err := h.last(ctx)
	if err != nil {
		return out, err
	}
	if known && covered == span { // another run, or our own whose answer was lost
		out.Point = &point
		return out, nil
	}
	tasks, err := h.tasks(ctx)
	if err != nil {
		return out, err
	}
	text, err := json.Marshal(span)
	if err != nil {
		return out, err
	}
	source := recoverypoint.Folders{{Name: path.Dir(about), Source: recoverypoint.Texts{{Path: path.Base(about), Text: text, Modified: span.To}}}}
	for _, group := range h.p.Environment.LogGroups(h.p.Region()) {
		done := tasks.completed(h.name(group, span))
		if done == "" {
			return out, failure.New(failure.Failed, "store the logs of "+group, "no export of them was completed").Next("start backup-logs again")
		}
		below := h.prefix(group, span) + "/" + done + "/"
		source = append(source, recoverypoint.Folder{Name: path.Base(group), Source: backup.Prefix(h.s3, recoverypoint.Bucket(h.p.Environment, h.p.Region()), below)})
		out.Done++
	}
	out.Total = out.Done
	made, err := recoverypoint.Take(ctx, h.p, retention.Logs, source, recoverypoint.Options{Full: true})
	out.Point = &made
	return out, err
}
