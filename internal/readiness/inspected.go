package readiness

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

// Inspector is the function that looks at the data of its region: one binary with every client would be too large to start
// quickly.
const Inspector = "inspect"

// Inspecting is how long the inspection may take; the function's own limit is the same.
const Inspecting = 40 * time.Second

// backingUp is what the replica's backup adds to a failover.
func backingUp() Step {
	return Step{Name: "the replica's backup ends", Low: 0, High: backingUpHigh, Source: guessed}
}

// inspected is what the function inspect found; false when another check that has to pass before did not. Without its answer
// nothing is known of any of its checks.
func (r *run) inspected(ctx context.Context, name string) (judging.Finding, bool) {
	found, err := r.inspection.Get(func() (judging.Inspection, error) { return r.inspect(ctx) })
	if err != nil {
		return judging.Unclear("%s", err).Do("look at the log of the function %s in %s; until it answers, nothing is known of this", Inspector, r.here), true
	}
	if slices.Contains(found.NotJudged, name) {
		return judging.Finding{}, false
	}
	f := found.Findings[name]
	if !slices.Contains([]Verdict{Pass, Fail, Unknown}, f.Verdict) {
		return judging.Unclear("the function %s says nothing of it", Inspector).Do("deploy the recovery stack of this region: its functions are of different versions"), true
	}
	return f, true
}

// inspect has the region's data looked at, once for an evaluation.
func (r *run) inspect(ctx context.Context) (found judging.Inspection, err error) {
	op := "have the data of " + r.here + " inspected"
	limited, cancel := r.p.Clock.WithTimeout(ctx, Inspecting)
	defer cancel()
	out, err := r.near.lambda.Invoke(limited, &lambda.InvokeInput{FunctionName: aws.String(r.e.FunctionName(Inspector)), Payload: []byte("{}")})
	if err != nil {
		return found, failure.New(failure.Unavailable, op, "%w", failure.FromAWS(err, "call the function %s", Inspector))
	}
	if out.FunctionError != nil {
		return found, failure.New(failure.Unavailable, op, "it could not answer: %.500s", out.Payload)
	}
	if err := json.Unmarshal(out.Payload, &found); err != nil {
		return judging.Inspection{}, failure.New(failure.Unavailable, op, "its answer cannot be read: %w", err)
	}
	maps.Copy(r.facts, found.Facts)
	r.loss = loss{database: found.DatabaseLossSeconds, files: found.FilesLossSeconds}
	if found.BackingUp {
		r.waits = append(r.waits, backingUp())
	}
	return found, nil
}
