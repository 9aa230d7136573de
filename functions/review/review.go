// Package review writes the post-incident review of an incident that ended, as Markdown and as HTML, into the compliance
// bucket of its region; it takes what people add to the record, and shows all of it, also of an incident that is open.
//
// It refuses to write a review of an incident that is open, and a tick or a note that does not say who makes it. A history
// that cannot be read leaves the phases unknown and the rest of the review whole.
package review

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/response"
	"github.com/acso/disaster-recovery/internal/review"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Unsafe}, incident.Errors...)

// Input names the incident.
type Input struct {
	Epoch    int64  `json:"epoch,omitempty"`    // 0 for the present or last one of the region
	Show     bool   `json:"show,omitempty"`     // give it back too; of an open incident, only that
	By       string `json:"by,omitempty"`       // tick, note: who
	Tick     string `json:"tick,omitempty"`     // a line of the checklist that a person vouches for
	Evidence string `json:"evidence,omitempty"` // tick: what shows it
	Kind     string `json:"kind,omitempty"`     // note: root-cause, process, tools, training, documentation or follow-up
	Note     string `json:"note,omitempty"`     // what a person adds to the review
}

// Output says where the review is: keys in the compliance bucket, "" while the incident is open.
type Output struct {
	Epoch    int64          `json:"epoch"`
	State    incident.State `json:"state"`
	Bucket   string         `json:"bucket"`
	Markdown string         `json:"markdown"`
	HTML     string         `json:"html"`
	Review   *review.Review `json:"review,omitempty"` // show
	Text     string         `json:"text,omitempty"`   // show: as Markdown
	Page     string         `json:"page,omitempty"`   // show: as HTML
}

// Handler writes reviews in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	s3    *s3.Client
	steps *sfn.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), s3: s3.NewFromConfig(p.AWS), steps: sfn.NewFromConfig(p.AWS)}
}

// prefix is where reviews are in the compliance bucket.
const prefix = "incidents/"

// Grants is what it may do: read the incident and the execution's history, keep what people add, and write below its prefix.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.Grants(e, region),
		grant.Grant{Actions: []string{"states:GetExecutionHistory"}, Resources: []string{e.ExecutionARN(region, "failover"), e.ExecutionARN(region, "failback")}},
		grant.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/" + prefix + "*"}},
		grant.Grant{Actions: []string{"kms:GenerateDataKey"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)}},
	)
}

// Handle takes what a person adds, and writes the review. Written again, it is the same review with what was learned since.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Epoch < 0 {
		return Output{}, failure.New(failure.InvalidInput, fmt.Sprintf("review incident %d", in.Epoch), "epoch is the number of an incident, from 1, or 0 for the last one")
	}
	i, err := h.incident(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	if err := h.add(ctx, i.Epoch, in); err != nil {
		return Output{}, err
	}
	out, open, added := Output{Epoch: i.Epoch, State: i.State}, i.State != incident.Closed, in.Tick != "" || in.Note != ""
	switch {
	case open && !in.Show && added:
		return out, nil
	case open && !in.Show:
		return Output{}, failure.New(failure.Unsafe, fmt.Sprintf("review incident %d", i.Epoch), "it is open: its record is not complete").Next("wait for its end, or ask to show what there is")
	}
	v, err := h.write(ctx, i)
	if err != nil {
		return Output{}, err
	}
	if in.Show {
		out.Review, out.Text, out.Page = &v, v.Markdown(), v.HTML()
	}
	if open {
		return out, nil
	}
	name := fmt.Sprintf("%s%s-incident-%d/review", prefix, i.OpenedAt.UTC().Format("2006/01/02"), i.Epoch)
	out.Bucket, out.Markdown, out.HTML = h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Compliance), name+".md", name+".html"
	if err := h.put(ctx, out.Bucket, out.Markdown, "text/markdown; charset=utf-8", v.Markdown()); err != nil {
		return Output{}, err
	}
	return out, h.put(ctx, out.Bucket, out.HTML, "text/html; charset=utf-8", v.HTML())
}

// incident is the one of an epoch, or the last one.
func (h *Handler) incident(ctx context.Context, epoch int64) (incident.Incident, error) {
	if epoch == 0 {
		i, err := h.store.Present(ctx)
		if err == nil && i.Epoch == 0 {
			err = failure.New(failure.NotFound, "find the last incident of "+h.p.Region(), "there never was one").Next("ask %s", h.p.Environment.Pair(h.p.Region()))
		}
		return i, err
	}
	i, err := h.store.Past(ctx, epoch)
	if err == nil && i.Epoch != epoch {
		err = failure.New(failure.NotFound, fmt.Sprintf("find incident %d of %s", epoch, h.p.Region()), "there is no such incident here").Next("ask %s", h.p.Environment.Pair(h.p.Region()))
	}
	return i, err
}

// add takes what a person adds to the record.
func (h *Handler) add(ctx context.Context, epoch int64, in Input) error {
	op := fmt.Sprintf("add to the record of incident %d", epoch)
	now := h.p.Clock.Now()
	var tick *incident.Tick
	var note *incident.Note
	switch {
	case in.Tick == "" && in.Note == "":
		return nil
	case in.By == "":
		return failure.New(failure.InvalidInput, op, "by, the name of who adds it, is required")
	case in.Tick != "" && !slices.Contains(response.Lines[:], in.Tick):
		return failure.New(failure.InvalidInput, op, "%q is no line of the checklist: %s", in.Tick, strings.Join(response.Lines[:], ", "))
	case in.Tick != "" && in.Evidence == "":
		return failure.New(failure.InvalidInput, op, "evidence is required: what shows that %q is done", in.Tick)
	case in.Note != "" && !slices.Contains(review.Kinds(), in.Kind):
		return failure.New(failure.InvalidInput, op, "a note of the kind %q: the kinds are %s", in.Kind, strings.Join(review.Kinds(), ", "))
	}
	if in.Tick != "" {
		tick = &incident.Tick{Item: in.Tick, By: in.By, At: now, Evidence: in.Evidence}
	}
	if in.Note != "" {
		note = &incident.Note{Kind: in.Kind, Text: in.Note, By: in.By, At: now}
	}
	return h.store.AddPeople(ctx, epoch, tick, note)
}

func (h *Handler) write(ctx context.Context, i incident.Incident) (review.Review, error) {
	told, err := h.store.Communication(ctx, i.Epoch)
	if err != nil {
		return review.Review{}, err
	}
	people, err := h.store.People(ctx, i.Epoch)
	if err != nil {
		return review.Review{}, err
	}
	return review.Write(review.Record{
		Environment: h.p.Environment, Incident: i, Communication: told, People: people, States: h.states(ctx, i.Owner), Region: h.p.Region(),
	}), nil
}

func (h *Handler) put(ctx context.Context, bucket, key, kind, text string) error {
	_, err := h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader([]byte(text)), ContentType: aws.String(kind),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(h.p.Environment.KeyAlias()), BucketKeyEnabled: aws.Bool(true),
	})
	return failure.FromAWS(err, "write s3://%s/%s", bucket, key)
}

// states are the states of an execution in the order in which they were entered; none when nobody answers.
func (h *Handler) states(ctx context.Context, execution string) []review.Entered {
	if !strings.HasPrefix(execution, "arn:") {
		return nil
	}
	var all []review.Entered
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(execution), MaxResults: 1000, IncludeExecutionData: aws.Bool(false)}
	for {
		out, err := h.steps.GetExecutionHistory(ctx, in)
		if err != nil {
			return nil // the review says of each phase that it is unknown
		}
		for _, e := range out.Events {
			if e.StateEnteredEventDetails != nil {
				all = append(all, review.Entered{State: aws.ToString(e.StateEnteredEventDetails.Name), At: aws.ToTime(e.Timestamp)})
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}
