// Package comparefiles compares what was written last on the old file system with the one that serves, before the old one
// becomes a copy of it. A file that differs is kept in the compliance bucket first, and listed; one that was changed on both
// sides is a conflict, for a person.
//
// It changes no file on either side. It compares content, never times alone; and it says nothing about files that were
// deleted on the old side, which leave no trace there: they are as they are on the side that serves.
package comparefiles

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded, failure.Aborted, failure.Unsafe, failure.KeyMissing, failure.QuotaReached}, incident.Errors...)

// Input says what to do: compare the own region's files, or answer the other region's question about some.
type Input struct {
	Action string `json:"action"`          // compare or answer
	Files  []File `json:"files,omitempty"` // answer: as the other side has them
	incident.Claim
}

// File is one file, by its content.
type File struct {
	Path     string    `json:"path"`
	SHA256   string    `json:"sha256"` // hexadecimal; of a symbolic link, that of its target's name
	Modified time.Time `json:"modified"`
}

// Output is what was found. Files is the answer, in the order of the question: a file that does not exist has no SHA256.
type Output struct {
	Compared  int    `json:"compared"`
	Differing int    `json:"differing"` // kept and listed
	Conflicts int    `json:"conflicts"` // of them, changed on both sides
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	Summary   string `json:"summary"`
	Files     []File `json:"files"`
}

// Difference is one line of the list.
type Difference struct {
	Path     string    `json:"path"`
	What     string    `json:"what"`             // missing: the other side has none; older: it has what was there before; conflict: it was changed there too
	Modified time.Time `json:"modified"`         // here
	There    time.Time `json:"there,omitzero"`   // modified on the other side
	Kept     string    `json:"kept"`             // key of the copy in the same bucket
	Link     string    `json:"target,omitempty"` // of a symbolic link, which has no copy
}

// Report is the document in the bucket.
type Report struct {
	Environment string       `json:"environment"`
	Region      string       `json:"region"`
	Since       time.Time    `json:"since"` // files modified from then on were compared
	Split       time.Time    `json:"split"`
	ComparedAt  time.Time    `json:"comparedAt"`
	Compared    int          `json:"compared"`
	Differences []Difference `json:"differences"`
}

const (
	// reach is how long before the split a file may have been written and not have arrived: EFS promises 15 minutes for most
	// file systems, and a promotion is refused when a sync is older than the recovery point.
	// https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html
	reach = 24 * time.Hour
	// batch is how many files are asked for at once: an answer of Lambda has 6 MB at most.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	batch = 500
	// patience with the other region's answer about one batch.
	patience = 2 * time.Minute
)

// Handler compares the mount of its region.
type Handler struct {
	p      platform.Platform
	other  string
	store  *incident.Store
	s3     *s3.Client
	lambda *lambda.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	other := p.Environment.Pair(p.Region())
	return &Handler{p: p, other: other, store: incident.NewStore(p), s3: s3.NewFromConfig(p.AWS), lambda: lambda.NewFromConfig(p.In(other))}
}

// Grants is what it may do: ask itself in the other region, and keep what differs.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.Grants(e, region),
		grant.Grant{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{e.FunctionARN(e.Pair(region), "comparefiles")}},
		grant.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/failback/*"}},
	)
}

// Handle compares, or answers.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	op := "compare the files of " + h.p.Region()
	if h.p.Files == nil {
		return Output{}, failure.New(failure.NotFound, op, "no file system is mounted").Next("look at the function's mount")
	}
	switch in.Action {
	case "answer":
		return h.answer(op, in.Files)
	case "compare":
		return h.compare(ctx, op, in.Claim)
	}
	return Output{}, failure.New(failure.InvalidInput, op, "action %q is neither compare nor answer", in.Action)
}

func (h *Handler) compare(ctx context.Context, op string, claim incident.Claim) (Output, error) {
	i, err := h.store.Guard(ctx, claim)
	if err == nil {
		err = i.Halted() // an operator asked to end it, in time
	}
	if err != nil {
		return Output{}, err
	}
	f := i.Failback
	if f == nil || f.Region != h.p.Region() || f.Split.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback to it", i.Epoch)
	}
	e := h.p.Environment
	report := Report{Environment: e.Name, Region: f.Region, Since: f.Split.Add(-reach), Split: f.Split, ComparedAt: h.p.Clock.Now().UTC(), Differences: []Difference{}}
	candidates, err := h.modified(op, report.Since)
	if err != nil {
		return Output{}, err
	}
	out := Output{Bucket: e.BucketIn(f.Region, e.Buckets.Compliance), Key: "failback/" + f.Kept + "/files.json", Files: []File{}}
	for from := 0; from < len(candidates); from += batch {
		part := candidates[from:min(from+batch, len(candidates))]
		there, err := h.ask(ctx, op, part)
		if err != nil {
			return Output{}, err
		}
		for n, file := range part {
			if file.SHA256 == there[n].SHA256 {
				continue
			}
			d, err := h.keep(ctx, op, out.Bucket, "failback/"+f.Kept+"/files/", file)
			if err != nil {
				return Output{}, err
			}
			d.There = there[n].Modified
			d.What = judge(there[n], f.Split)
			if d.What == "conflict" {
				out.Conflicts++
			}
			report.Differences = append(report.Differences, d)
		}
	}
	report.Compared, out.Compared, out.Differing = len(candidates), len(candidates), len(report.Differences)
	out.Summary = fmt.Sprintf("%d files changed since %s were compared: %d differ, of them %d changed on both sides", out.Compared, report.Since.UTC().Format(time.RFC3339), out.Differing, out.Conflicts)
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return Output{}, fmt.Errorf("write the list of files: %w", err)
	}
	if err := h.put(ctx, out.Bucket, out.Key, text); err != nil {
		return Output{}, err
	}
	_, err = h.store.Update(ctx, claim, func(i *incident.Incident) bool {
		i.Failback.Files = &incident.Missing{Bucket: out.Bucket, Key: out.Key, Count: int64(out.Differing), Complete: true, Why: out.Summary}
		return true
	})
	return out, err
}

// judge tells what a file that differs is. What the other side changed after the split was changed by those whom it serves.
func judge(there File, split time.Time) string {
	switch {
	case there.SHA256 == "":
		return "missing"
	case there.Modified.After(split):
		return "conflict"
	}
	return "older"
}

func (h *Handler) put(ctx context.Context, bucket, key string, body []byte) error {
	_, err := h.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body)})
	return failure.FromAWS(err, "write s3://%s/%s", bucket, key)
}

// ask has the same function in the other region, which mounts the file system there, look at the same paths.
func (h *Handler) ask(ctx context.Context, op string, files []File) ([]File, error) {
	question, err := json.Marshal(Input{Action: "answer", Files: files})
	if err != nil {
		return nil, fmt.Errorf("ask for files: %w", err)
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, patience)
	defer cancel()
	out, err := h.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(h.p.Environment.FunctionName("comparefiles")), Payload: question})
	if err != nil {
		return nil, failure.FromAWS(err, "%s: ask %s", op, h.other)
	}
	if out.FunctionError != nil {
		return nil, failure.New(failure.Unavailable, op, "%s could not answer: %.500s", h.other, out.Payload)
	}
	var answer Output
	if err := json.Unmarshal(out.Payload, &answer); err != nil || len(answer.Files) != len(files) {
		return nil, failure.New(failure.Failed, op, "%s answered about %d of %d files", h.other, len(answer.Files), len(files)).
			Next("compare the version of the function in both regions")
	}
	return answer.Files, nil
}
