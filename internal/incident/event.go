package incident

import (
	"encoding/json"
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
