package verifychecksums

import (
	"context"
	"strconv"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/verification"
)

// budget is the time for one item, and for one stretch of the search for extras. It ends before the function's own limit,
// at which nothing could be reported.
const budget = 12 * time.Minute

// patience is after how many attempts what S3 does not give is unknown. It is less than what the machine makes, since then
// the whole item would be.
const patience = 4

// late tells when the budget is used up.
func (h *Handler) late() func() bool {
	until := h.p.Clock.Now().Add(budget)
	return func() bool { return !h.p.Clock.Now().Before(until) }
}

// item reads a batch of objects, or manifests of the chain. What it finds lies in the bucket before it answers; done again,
// it lies there again.
//
// Where S3 only asks for patience, the machine is asked for it some times before the objects count as unknown.
func (h *Handler) item(ctx context.Context, in *verification.Item, attempt int) (*verification.Answer, error) {
	if in == nil || in.Number < 1 || (in.Batch == nil) == (len(in.Links) == 0) {
		return nil, failure.New(failure.InvalidInput, "verify an item", "it needs a number, and either a batch or links: %+v", in)
	}
	if err := verification.Ours(in.Work); err != nil {
		return nil, err
	}
	answer := &verification.Answer{Item: in.Number}
	details := verification.Details{Findings: []backup.Finding{}}
	var err error
	if in.Batch == nil {
		details.Links, err = backup.CheckLinks(ctx, h.store, in.Kind, in.Links, h.late())
	} else {
		options := backup.CheckOptions{Depth: in.Depth, Concurrency: h.p.Parallel, Late: h.late()}
		answer.Tally, details.Findings, err = backup.CheckBatch(ctx, h.store, *in.Batch, options)
	}
	if err != nil {
		return nil, failure.FromAWS(err, "verify item %d of %s", in.Number, h.at(in.Work))
	}
	if answer.Tally.Again > 0 && attempt < patience {
		return nil, failure.New(failure.Unavailable, "verify item "+strconv.Itoa(in.Number)+" of "+h.at(in.Work), "%d objects could not be read now: %s", answer.Tally.Again, shorten(details.Findings[0].Detail))
	}
	answer.Findings = len(details.Findings)
	if answer.Findings == 0 && len(details.Links) == 0 {
		return answer, nil
	}
	return answer, h.write(ctx, verification.AnswerKey(in.Work, in.Number), details)
}
