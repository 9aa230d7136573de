package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Event is an EventBridge event, all its fields, since inputs are decoded strictly.
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
type Event struct {
	Version    string          `json:"version,omitempty"`
	ID         string          `json:"id,omitempty"`
	DetailType string          `json:"detail-type,omitempty"`
	Source     string          `json:"source,omitempty"`
	Account    string          `json:"account,omitempty"`
	Time       time.Time       `json:"time,omitzero"`
	Region     string          `json:"region,omitempty"`
	Resources  []string        `json:"resources,omitempty"`
	Detail     json.RawMessage `json:"detail,omitempty"`
}

// Ended reads an event about the end of an execution: whose it was, how it ended and when. It reports false for an input
// that is no event, and fails with InvalidInput on an event about anything else.
func (e Event) Ended() (owner, status string, stopped time.Time, is bool, err error) {
	if e.DetailType == "" {
		return "", "", time.Time{}, false, nil
	}
	const op = "read an EventBridge event"
	if e.DetailType != "Step Functions Execution Status Change" {
		return "", "", time.Time{}, false, failure.New(failure.InvalidInput, op, "detail-type %q is not about the end of an execution", e.DetailType)
	}
	var detail struct { // its other fields are AWS's to add to
		ExecutionARN string `json:"executionArn"`
		Status       string `json:"status"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return "", "", time.Time{}, false, &failure.Error{Kind: failure.InvalidInput, Op: op, Err: err}
	}
	return detail.ExecutionARN, detail.Status, e.Time, true, nil
}

// Ending is what came of the report that an execution ended.
type Ending struct {
	Incident Incident
	Outcome  Outcome   // how it ended; "" for a status that is no end without the execution's own states
	Stopped  time.Time // when
	Released bool      // the lock was held and is free now
	Ignored  string    // why nothing was done; "" when it was released
}

// ReleaseEnded frees the lock of an execution that ended FAILED, TIMED_OUT or ABORTED without closing its incident. A report
// that does not say when counts as of now.
func (s *Store) ReleaseEnded(ctx context.Context, owner, status string, stopped time.Time) (Ending, error) {
	outcome, ended := map[string]Outcome{"FAILED": Failed, "TIMED_OUT": TimedOut, "ABORTED": Aborted}[status]
	if !ended {
		return Ending{Ignored: "status " + status + " leaves the incident as it is"}, nil
	}
	if stopped.IsZero() {
		stopped = s.clock.Now()
	}
	end := Ending{Outcome: outcome, Stopped: stopped}
	var err error
	if end.Released, end.Incident, err = s.Release(ctx, owner, outcome, stopped); err == nil && !end.Released {
		end.Ignored = fmt.Sprintf("incident %d is %s and not held by %s", end.Incident.Epoch, end.Incident.State, owner)
	}
	return end, err
}
