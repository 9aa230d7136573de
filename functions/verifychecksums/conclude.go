package verifychecksums

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Report is the evidence of one verification; it is also stored as report.json in its folder.
type Report struct {
	Plan     Plan            `json:"plan"`
	Ended    string          `json:"ended"`    // RFC 3339, UTC
	Counts   map[Verdict]int `json:"counts"`   // every verdict, also those that nobody got
	Findings []Result        `json:"findings"` // everything but pass, by key
	Location string          `json:"location"` // where the report is stored
}

// named is how many findings the error names; the report has all.
const named = 20

// conclude puts the answers together. Every planned object has to have one.
func (h *Handler) conclude(ctx context.Context, plan Plan, results string) (*Report, error) {
	verdicts, err := h.planned(ctx, plan)
	if err != nil {
		return nil, err
	}
	if results != "" {
		if err := h.answers(ctx, results, verdicts); err != nil {
			return nil, err
		}
	}
	var extras []Result
	if err := h.decode(ctx, plan.Work+"extras.json", &extras); err != nil {
		return nil, err
	}
	for _, extra := range extras {
		if known, planned := verdicts[extra.Key]; !planned || known.Verdict == Pass {
			verdicts[extra.Key] = extra
		}
	}
	report := &Report{
		Plan: plan, Ended: h.p.Clock.Now().UTC().Format(time.RFC3339), Findings: []Result{}, Location: h.at(plan.Work + "report.json"),
		Counts: map[Verdict]int{Pass: 0, Mismatch: 0, Missing: 0, Truncated: 0, Extra: 0, Unknown: 0},
	}
	for _, result := range verdicts {
		report.Counts[result.Verdict]++
		if result.Verdict != Pass {
			report.Findings = append(report.Findings, result)
		}
	}
	slices.SortFunc(report.Findings, func(a, b Result) int { return strings.Compare(a.Key, b.Key) })
	text, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	if err := h.write(ctx, plan.Work+"report.json", text); err != nil {
		return nil, err
	}
	// The verdict lies beside the manifests too, where a listing shows what is proven and when.
	if err := h.prove(ctx, plan, len(report.Findings) == 0, text); err != nil {
		return nil, err
	}
	return report.judged()
}

// prove writes the verdict under a lock: who attacks backups must not be able to make them look as if nobody had verified
// them. It lasts as long as the shortest class of its kind is kept; a verdict that is gone after that is made again.
func (h *Handler) prove(ctx context.Context, plan Plan, passed bool, text []byte) error {
	key := catalog.ProofKey(plan.Manifest, retention.Depth(cmp.Or(plan.Depth, string(retention.Content))), passed)
	kind, taken, ok := manifest.ParseKey(plan.Manifest)
	if !ok {
		return h.write(ctx, key, text)
	}
	until := retention.From(h.p.Environment).Until(retention.ClassOf(kind, taken, taken), taken)
	return h.write(ctx, key, text, func(in *s3.PutObjectInput) {
		if until.After(h.p.Clock.Now()) {
			in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockModeGovernance, aws.Time(until)
		}
	})
}

// judged raises whatever is not a pass: an execution must not succeed on it.
func (r *Report) judged() (*Report, error) {
	if len(r.Findings) == 0 {
		return r, nil
	}
	var lines []string
	for _, f := range r.Findings[:min(named, len(r.Findings))] {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Verdict, f.Key, shorten(f.Detail)))
	}
	if more := len(r.Findings) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return nil, failure.New(failure.Failed, "verify backup "+r.Plan.Manifest, "%d of %d objects passed; %s", r.Counts[Pass], r.Plan.Objects, strings.Join(lines, "; ")).
		Next("read %s; restore from the recovery point before this one until it is explained", r.Location)
}

// shorten keeps twenty findings within what a Fail state takes as its cause.
func shorten(text string) string {
	const longest = 300
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}

// planned begins with every object unknown.
func (h *Handler) planned(ctx context.Context, plan Plan) (map[string]Result, error) {
	text, err := h.get(ctx, plan.Items)
	if err != nil {
		return nil, err
	}
	all := map[string]Result{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var item Item
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			return nil, failure.New(failure.Failed, "read "+h.at(plan.Items), "%w", err)
		}
		all[item.Key] = Result{Key: item.Key, VersionID: item.VersionID, Verdict: Unknown, Detail: "no batch answered for it"}
	}
	if err := lines.Err(); err != nil || len(all) != plan.Objects {
		return nil, failure.New(failure.Failed, "read "+h.at(plan.Items), "it has %d objects and the plan %d: %v", len(all), plan.Objects, err)
	}
	return all, nil
}

// written is the manifest.json of a ResultWriter, and child one entry of its files:
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type written struct {
	ResultFiles struct {
		Failed    []struct{ Key string } `json:"FAILED"`
		Succeeded []struct{ Key string } `json:"SUCCEEDED"`
	}
}

type child struct {
	Input, Output, Error, Cause string
}

// answers reads what the batches said. A batch that failed leaves its objects unknown and says why.
func (h *Handler) answers(ctx context.Context, key string, verdicts map[string]Result) error {
	var index written
	if err := h.decode(ctx, key, &index); err != nil {
		return err
	}
	for _, file := range index.ResultFiles.Succeeded {
		var children []child
		if err := h.decode(ctx, file.Key, &children); err != nil {
			return err
		}
		for _, c := range children {
			var out Output
			if err := json.Unmarshal([]byte(c.Output), &out); err != nil {
				return failure.New(failure.Failed, "read "+h.at(file.Key), "a batch answered what is no result: %w", err)
			}
			for _, result := range out.Results {
				if _, planned := verdicts[result.Key]; planned {
					verdicts[result.Key] = result
				}
			}
		}
	}
	for _, file := range index.ResultFiles.Failed {
		var children []child
		if err := h.decode(ctx, file.Key, &children); err != nil {
			return err
		}
		for _, c := range children {
			blame(c, verdicts)
		}
	}
	return nil
}

func blame(c child, verdicts map[string]Result) {
	var batch struct{ Items []Item }
	if json.Unmarshal([]byte(c.Input), &batch) != nil {
		return // its objects stay unknown, without the reason
	}
	for _, item := range batch.Items {
		if result, planned := verdicts[item.Key]; planned && result.Verdict == Unknown {
			result.Detail = "its batch failed: " + c.Error + ": " + shorten(c.Cause)
			verdicts[item.Key] = result
		}
	}
}

func (h *Handler) decode(ctx context.Context, key string, into any) error {
	text, err := h.get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return failure.New(failure.Failed, "read "+h.at(key), "%w", err)
	}
	return nil
}

func (h *Handler) get(ctx context.Context, key string) ([]byte, error) {
	out, err := h.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.bucket), Key: aws.String(key)})
	if err != nil {
		return nil, failure.FromAWS(err, "read %s", h.at(key))
	}
	defer func() { _ = out.Body.Close() }() // read only
	text, err := io.ReadAll(out.Body)
	return text, failure.FromAWS(err, "read %s", h.at(key))
}
