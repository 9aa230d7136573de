// Package missingwrites lists what the old database has and the database that serves lacks: rows that clients were told
// were written, and that never arrived. The list is kept in the compliance bucket before anything of the old side is
// dropped.
//
// It writes to neither database. It refuses to call a list complete when a table could not be compared to its end, or when
// no table is configured: unknown is not "nothing is missing".
package missingwrites

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/database"
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

// Input is the claim of the failback.
type Input struct{ incident.Claim }

// Output is what the report says; the rows are in the bucket.
type Output struct {
	Complete bool   `json:"complete"`
	Missing  int64  `json:"missing"` // rows that never arrived, and rows of which an older version did
	Compared int64  `json:"compared"`
	Deleted  int64  `json:"deleted"` // rows of which only the deletion never arrived
	Bucket   string `json:"bucket"`
	Key      string `json:"key"`
	Summary  string `json:"summary"`
}

// Report is the document in the bucket.
type Report struct {
	Environment string    `json:"environment"`
	Region      string    `json:"region"`   // of the old database
	Database    string    `json:"database"` // its present name
	Against     string    `json:"against"`  // the database that serves
	Since       time.Time `json:"since"`    // rows changed from then on were compared
	Split       time.Time `json:"split"`    // the promotion of the other side was asked for
	ComparedAt  time.Time `json:"comparedAt"`
	Complete    bool      `json:"complete"`
	Tables      []Table   `json:"tables"`
	NotCompared []string  `json:"notCompared"` // tables of the old database that the environment file does not name: what they lost is unknown
	Rows        []Row     `json:"rows"`
}

// Table is how the comparison of one table went.
type Table struct {
	Name     string `json:"name"`
	Compared int64  `json:"compared"`
	Missing  int64  `json:"missing"`
	Deleted  int64  `json:"deleted"`          // rows that the old database had deleted, and the other still has
	Complete bool   `json:"complete"`         // every row that was written or changed was looked for
	Why      string `json:"why,omitempty"`    // it is not complete
	Unseen   string `json:"unseen,omitempty"` // what a comparison by key and time of change cannot see: unknown, and not missing
}

// Row is one row that differs between the two.
type Row struct {
	Table   string    `json:"table"`
	Key     string    `json:"key"`
	Changed time.Time `json:"changed"`
	What    string    `json:"what"` // missing; older: the other side has a version from before this change; deleted: only the other side still has it
}

// Handler compares the kept database of its region with the live one of the other.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	rds   *rds.Client
	s3    *s3.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), rds: rds.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS)}
}

// Grants is what it may do: look at both databases, and write the report.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance)
	return append(append(incident.Grants(e, region), database.Grants(e, e.Pair(region))...),
		grant.Grant{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{database.ARN(e, region) + "-before-*"}},
		grant.Grant{Actions: []string{"rds-db:connect"}, Resources: []string{fmt.Sprintf("arn:aws:rds-db:%s:%s:dbuser:*/%s", region, e.Account, database.User)}},
		grant.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{bucket + "/failback/*/missing-transactions.json"}},
	)
}

// Handle compares, writes the report and notes in the incident where it is. Repeated, it compares again.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Guard(ctx, in.Claim)
	if err == nil {
		err = i.Halted() // an operator asked to end it, in time
	}
	if err != nil {
		return Output{}, err
	}
	f := i.Failback
	const op = "list the missing transactions"
	if f == nil || f.Region != h.p.Region() || f.Since.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, op, "incident %d is no failback to %s", i.Epoch, h.p.Region())
	}
	e := h.p.Environment
	report := Report{
		Environment: e.Name, Region: f.Region, Database: f.Kept, Against: e.DatabaseIn(f.From), Since: f.Since, Split: f.Split,
		ComparedAt: h.p.Clock.Now().UTC(), Rows: []Row{}, Tables: []Table{}, NotCompared: []string{},
	}
	if err := h.compare(ctx, f, &report); err != nil {
		return Output{}, err
	}
	out := Output{Complete: report.Complete, Bucket: e.BucketIn(h.p.Region(), e.Buckets.Compliance), Key: "failback/" + f.Kept + "/missing-transactions.json"}
	for _, t := range report.Tables {
		out.Compared += t.Compared
		out.Missing += t.Missing
		out.Deleted += t.Deleted
	}
	out.Summary = summary(report, out)
	if err := h.write(ctx, out, report); err != nil {
		return Output{}, err
	}
	_, err = h.store.Update(ctx, in.Claim, func(i *incident.Incident) bool {
		i.Failback.Missing = &incident.Missing{Bucket: out.Bucket, Key: out.Key, Count: out.Missing, Complete: out.Complete, Why: out.Summary}
		return true
	})
	return out, err
}

func (h *Handler) write(ctx context.Context, out Output, report Report) error {
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, err = h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(out.Bucket), Key: aws.String(out.Key), Body: bytes.NewReader(text), ContentType: aws.String("application/json"),
	})
	return failure.FromAWS(err, "write s3://%s/%s", out.Bucket, out.Key)
}

func summary(r Report, out Output) string {
	text := fmt.Sprintf("%d rows of %d changed since %s never arrived in %s", out.Missing, out.Compared, r.Since.UTC().Format(time.RFC3339), r.Against)
	if out.Deleted > 0 {
		text += fmt.Sprintf("; %d rows were deleted in %s and are still there", out.Deleted, r.Region)
	}
	text += "; not seen: deletions of rows that were last changed before that"
	if len(r.NotCompared) > 0 {
		text += "; unknown, since database.tables does not name them: " + strings.Join(r.NotCompared, ", ")
	}
	if r.Complete {
		return text
	}
	text += "; not complete:"
	for _, t := range r.Tables {
		if !t.Complete {
			text += " " + t.Name + " (" + t.Why + ")"
		}
	}
	return text
}
