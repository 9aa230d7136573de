package verifychecksums

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/verification"
)

// conclusion is what is known while the answers come in.
type conclusion struct {
	plan    verification.Plan
	objects int                       // that were to be read, by the work list
	verdict map[string]backup.Finding // of listed objects that did not pass
	extras  []backup.Finding          // what no manifest lists
	links   []backup.Link             // of the chain
}

// conclude puts the answers together. Every item of the work list has to have one: what has none is unknown.
func (h *Handler) conclude(ctx context.Context, plan verification.Plan, results string) (*Report, error) {
	all, err := h.answers(ctx, results)
	if err != nil {
		return nil, err
	}
	c := &conclusion{plan: plan, verdict: map[string]backup.Finding{}}
	if err := h.items(ctx, c, all); err != nil {
		return nil, err
	}
	if c.objects != plan.Objects {
		return nil, failure.New(failure.Failed, "read "+h.at(plan.Items), "it has %d objects and the plan %d", c.objects, plan.Objects)
	}
	var sweep backup.Sweep
	if err := h.decode(ctx, plan.ExtrasKey(), &sweep); err != nil {
		return nil, err
	}
	if !sweep.Done() {
		return nil, failure.New(failure.Failed, "read "+h.at(plan.ExtrasKey()), "what lies beside the point was not looked at to its end")
	}
	for _, f := range sweep.Findings() {
		if f.Verdict == backup.Extra {
			c.extras = append(c.extras, f)
		} else if _, known := c.verdict[f.Key]; !known {
			c.verdict[f.Key] = f
		}
	}
	report := h.report(c)
	if report.Chain, err = h.chain(c); err != nil {
		return nil, err
	}
	if err := h.write(ctx, plan.ReportKey(), report); err != nil {
		return nil, err
	}
	if err := h.prove(ctx, plan, report); err != nil {
		return nil, err
	}
	return report.judged()
}

// items goes through the work list with the answers.
func (h *Handler) items(ctx context.Context, c *conclusion, all answers) error {
	text, err := h.get(ctx, c.plan.Items)
	if err != nil {
		return err
	}
	count := 0
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var item verification.Item
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			return failure.New(failure.Failed, "read "+h.at(c.plan.Items), "%w", err)
		}
		if count++; item.Number != count {
			return failure.New(failure.Failed, "read "+h.at(c.plan.Items), "item %d is in the place of item %d", item.Number, count)
		}
		if item.Batch != nil && item.Batch.Part <= 1 { // of a large object in several items, the first counts
			c.objects += item.Batch.Objects
		}
		answer, answered := all.good[item.Number]
		if answered {
			err = h.take(ctx, c, item, answer)
		} else {
			err = h.blame(ctx, c, item, cmp.Or(all.why[item.Number], "no batch answered for it"))
		}
		if err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil || count != c.plan.Count {
		return failure.New(failure.Failed, "read "+h.at(c.plan.Items), "it has %d items and the plan %d: %v", count, c.plan.Count, err)
	}
	return nil
}

// take puts one answer into the conclusion. One that is about less than it was asked for is none.
func (h *Handler) take(ctx context.Context, c *conclusion, item verification.Item, answer verification.Answer) error {
	if item.Batch != nil && item.Batch.Part == 0 && answer.Tally.Objects != item.Batch.Objects {
		return h.blame(ctx, c, item, "its batch answered for fewer objects than it has")
	}
	if item.Batch != nil && answer.Findings == 0 {
		if t := answer.Tally; t.Mismatch+t.Missing+t.Unknown+t.Extra > 0 {
			return h.blame(ctx, c, item, "its batch found something and does not say what")
		}
		return nil
	}
	var details verification.Details
	if err := h.decode(ctx, verification.AnswerKey(item.Work, item.Number), &details); err != nil {
		return err
	}
	if len(details.Findings) != answer.Findings || len(details.Links) != len(item.Links) {
		return h.blame(ctx, c, item, "what its batch wrote is not what it answered")
	}
	for _, f := range details.Findings {
		if _, known := c.verdict[f.Key]; !known { // of a large object in several items, the first finding
			c.verdict[f.Key] = f
		}
	}
	c.links = append(c.links, details.Links...)
	return nil
}

// blame makes everything of an item unknown.
func (h *Handler) blame(ctx context.Context, c *conclusion, item verification.Item, why string) error {
	for _, key := range item.Links {
		c.links = append(c.links, backup.Link{Key: key, Verdict: backup.Unknown, Detail: why})
	}
	if item.Batch == nil {
		return nil
	}
	keys, err := backup.KeysOf(ctx, h.store, *item.Batch)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if _, known := c.verdict[key]; !known {
			c.verdict[key] = backup.Finding{Key: key, Verdict: backup.Unknown, Detail: why}
		}
	}
	return nil
}

// chain holds the manifests to what their successors say of them, and gives those that did not pass.
func (h *Handler) chain(c *conclusion) ([]backup.Link, error) {
	from, err := time.Parse(time.RFC3339, c.plan.Chain.From)
	if err != nil {
		return nil, failure.New(failure.InvalidInput, "verify the chain of "+c.plan.Kind, "it begins at %q", c.plan.Chain.From)
	}
	rules, now := retention.From(h.p.Environment), h.p.Clock.Now()
	links := backup.CompareLinks(c.plan.Kind, c.links, backup.ChainOptions{From: from, Newest: c.plan.Chain.Newest, Kept: func(kind string, taken time.Time) bool {
		// Of what a point could have been, it was at least that which is kept for the shortest time.
		return now.Before(rules.Until(retention.ClassOf(kind, taken, taken), taken))
	}})
	return slices.DeleteFunc(links, func(l backup.Link) bool { return l.Verdict == backup.Pass }), nil
}

// prove lays the verdict beside the manifests, where a listing shows what is proven and when. A point of the chain that is
// not what its successor followed is no longer proven, whatever an older verdict says.
func (h *Handler) prove(ctx context.Context, plan verification.Plan, report *Report) error {
	depth := retention.Depth(plan.Depth)
	good := report.whole()
	for _, l := range report.Chain {
		if l.Key == plan.Manifest {
			good = false
		} else if l.Verdict == backup.Mismatch {
			if err := h.verdict(ctx, plan, catalog.ProofKey(l.Key, depth, false), l); err != nil {
				return err
			}
		}
	}
	return h.verdict(ctx, plan, catalog.ProofKey(plan.Manifest, depth, good), report)
}

// verdict writes a verdict under a lock: who attacks backups must not be able to make them look as if nobody had verified
// them. It lasts as long as the shortest class of its kind is kept; a verdict that is gone after that is made again.
func (h *Handler) verdict(ctx context.Context, plan verification.Plan, key string, value any) error {
	taken, err := time.Parse(time.RFC3339, plan.Taken)
	if err != nil {
		return h.write(ctx, key, value)
	}
	until := retention.From(h.p.Environment).Until(retention.ClassOf(plan.Kind, taken, taken), taken)
	return h.write(ctx, key, value, func(in *s3.PutObjectInput) {
		if until.After(h.p.Clock.Now()) {
			in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockModeGovernance, aws.Time(until)
		}
	})
}
