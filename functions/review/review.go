// Package review writes the post-incident review of an incident that ended, as Markdown and as HTML, into the compliance
// bucket of its region.
//
// It refuses to write about an incident that is open, and changes nothing else. A history that cannot be read leaves the
// phases unknown and the rest of the review whole.
package review

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
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
	Epoch     int64  `json:"epoch"`
	Execution string `json:"execution"` // whose history is read
}

// Output says where the review is: keys in the compliance bucket.
type Output struct {
	Bucket   string `json:"bucket"`
	Markdown string `json:"markdown"`
	HTML     string `json:"html"`
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

// Grants is what it may do: read the incident and the execution's history, and write below its prefix.
func Grants(e *environment.Environment, region string) []grant.Grant {
	return append(incident.ReadGrants(e, region),
		grant.Grant{Actions: []string{"states:GetExecutionHistory"}, Resources: []string{e.ExecutionARN(region, "failover"), e.ExecutionARN(region, "failback")}},
		grant.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::" + e.BucketIn(region, e.Buckets.Compliance) + "/" + prefix + "*"}},
		grant.Grant{Actions: []string{"kms:GenerateDataKey"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)}},
	)
}

// Handle writes the review. Written again, it is the same review with what was learned since.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	op := fmt.Sprintf("review incident %d", in.Epoch)
	if in.Epoch <= 0 {
		return Output{}, failure.New(failure.InvalidInput, op, "epoch, the number of an incident, is required")
	}
	i, err := h.store.Past(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	if i.State != incident.Closed || i.Epoch != in.Epoch {
		return Output{}, failure.New(failure.Unsafe, op, "it is open: its record is not complete").Next("wait for its end")
	}
	told, err := h.store.Communication(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	v := review.Write(review.Record{
		Environment: h.p.Environment, Incident: i, Communication: told, States: h.states(ctx, i.Owner), Region: h.p.Region(),
	})
	name := fmt.Sprintf("%s%s-incident-%d/review", prefix, i.OpenedAt.UTC().Format("2006/01/02"), i.Epoch)
	out := Output{Bucket: h.p.Environment.BucketIn(h.p.Region(), h.p.Environment.Buckets.Compliance), Markdown: name + ".md", HTML: name + ".html"}
	if err := h.put(ctx, out.Bucket, out.Markdown, "text/markdown; charset=utf-8", v.Markdown()); err != nil {
		return Output{}, err
	}
	return out, h.put(ctx, out.Bucket, out.HTML, "text/html; charset=utf-8", v.HTML())
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
