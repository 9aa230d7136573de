package planverification

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/verification"
)

// chain says which stretch of the chain is looked at, and puts its manifests into items by their bytes.
func (h *Handler) chain(ctx context.Context, plan *verification.Plan, days int, taken time.Time, item func([]string) error) error {
	today := taken.Truncate(24 * time.Hour)
	proven, newest, err := h.proven(ctx, plan.Kind, taken)
	if err != nil {
		return err
	}
	from := today.AddDate(0, 0, -1)
	switch {
	case days > 0:
		from = today.AddDate(0, 0, 1-days)
	case plan.Depth == backup.Attributes && !proven.IsZero():
		from = proven
	}
	to, err := h.successor(ctx, plan.Kind, taken)
	if err != nil {
		return err
	}
	links, err := backup.Links(ctx, h.store, plan.Kind, backup.ChainOptions{From: from, To: to})
	if err != nil {
		return err
	}
	plan.Chain = verification.Stretch{From: from.Format(time.RFC3339), To: to.Format(time.RFC3339), Points: len(links)}
	if !proven.Before(from) {
		plan.Chain.Newest = newest
	}
	var keys []string
	var size int64
	for _, l := range links {
		if len(keys) > 0 && (len(keys) == linksOfAnItem || size+l.Size > limits.Bytes) {
			if err := item(keys); err != nil {
				return err
			}
			keys, size = nil, 0
		}
		keys, size = append(keys, l.Key), size+l.Size
	}
	if len(keys) == 0 {
		return nil
	}
	return item(keys)
}

// proven is the last point before a moment that a verification passed, of its day and the day before, and its digest.
// Without one it is zero.
func (h *Handler) proven(ctx context.Context, kind string, before time.Time) (taken time.Time, digest string, err error) {
	for back := range 2 {
		points, err := h.list.Day(ctx, before.AddDate(0, 0, -back))
		if err != nil {
			return time.Time{}, "", err
		}
		var last catalog.Point
		for _, p := range points {
			if p.Kind == kind && !p.Verified.IsZero() && p.Taken.Before(before) && p.Taken.After(last.Taken) {
				last = p
			}
		}
		if !last.Taken.IsZero() {
			digest, err := h.digest(ctx, catalog.ProofKey(last.ID, last.Depth, true))
			return last.Taken, digest, err
		}
	}
	return time.Time{}, "", nil
}

// digest is that of the manifest that a proof is about.
func (h *Handler) digest(ctx context.Context, proof string) (string, error) {
	op := "read s3://" + h.store.Bucket + "/" + proof
	out, err := h.store.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.store.Bucket), Key: aws.String(proof)})
	if err != nil {
		return "", failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	var report struct {
		Plan struct {
			Digest string `json:"digest"`
		} `json:"plan"`
	}
	if err := json.NewDecoder(out.Body).Decode(&report); err != nil {
		return "", failure.New(failure.Failed, op, "%w", err).Next("find out who wrote it: it is no proof of a verification")
	}
	return report.Plan.Digest, nil
}

// successor is when the next point of the day was taken: it says what the one before it was. Without one it is that time
// itself.
func (h *Handler) successor(ctx context.Context, kind string, taken time.Time) (time.Time, error) {
	points, err := h.list.Day(ctx, taken)
	next := taken
	for _, p := range points {
		if p.Kind == kind && p.Taken.After(taken) && (next.Equal(taken) || p.Taken.Before(next)) {
			next = p.Taken
		}
	}
	return next, err
}
