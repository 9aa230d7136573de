package readiness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/internal/response"
)

// tell tells the team what changed, and notes that it was told. While no topic takes the message it is told again at the
// next run; one that some topics took counts as told.
func (h *Handler) tell(ctx context.Context, r *readiness.Report) error {
	subject := r.Region + map[readiness.Verdict]string{
		readiness.Pass: " is ready", readiness.Fail: " is not ready", readiness.Unknown: " may not be ready",
	}[r.Verdict] + " to be activated"
	message := h.message(subject, r)
	sent := 0
	var last error
	for _, role := range h.p.Environment.Contacts.Team() {
		topic := h.p.Environment.Topic(h.p.Region(), role.Contact.Topic)
		_, err := h.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(topic), Subject: aws.String(response.Subject(subject)), Message: aws.String(message)})
		if err != nil {
			last = failure.FromAWS(err, "publish to %s", topic)
			continue
		}
		sent++
	}
	if sent == 0 {
		return &failure.Error{Kind: failure.Unavailable, Op: "tell the team that " + subject, Err: last}
	}
	return h.examiner.Told(ctx, r)
}

func (h *Handler) message(subject string, r *readiness.Report) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\nEnvironment %s, judged at %s: %s\n", subject, h.p.Environment.Prefix(), r.At.UTC().Format(time.RFC3339), r.Because)
	var found, next []string
	for _, c := range r.Findings() {
		found = append(found, fmt.Sprintf("%s in %s: %s, %s", c.Name, c.Region, c.Verdict, c.Evidence))
		next = append(next, c.Name+": "+c.Next)
	}
	response.Section(&text, "Findings", found)
	response.Section(&text, "Changed since "+r.Drift.Since.UTC().Format(time.RFC3339), r.Drift.Changes)
	response.Section(&text, "Next", next)
	return text.String()
}
