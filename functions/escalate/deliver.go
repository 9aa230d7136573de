package escalate

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
)

const (
	// attempts is how often one channel is tried before the next one is used.
	attempts = 2
	// answerWithin bounds one attempt at an endpoint.
	answerWithin = 5 * time.Second
)

// Headers of a signed message. The signature is the HMAC-SHA-256 of the time, a dot and the body, in hex: a receiver
// computes it again with the shared secret and refuses what is older than some minutes.
const (
	TimeHeader      = "X-ACSO-Timestamp" // RFC 3339, UTC
	SignatureHeader = "X-ACSO-Signature" // sha256=...
)

// Post is the body of a signed message.
type Post struct {
	Environment string    `json:"environment"`
	Incident    int64     `json:"incident"`
	Status      string    `json:"status"` // investigating, identified or resolved
	Subject     string    `json:"subject"`
	Message     string    `json:"message"`
	At          time.Time `json:"at"`
}

// channel is one way to reach a role.
type channel struct {
	name string
	try  func(context.Context) error
}

// channels are the ways to reach a role, the first one first.
func (h *Handler) channels(r response.Recipient, text response.Text, w response.Writing) []channel {
	var all []channel
	post := func(name string, e environment.Endpoint) {
		if e.URL != "" {
			all = append(all, channel{name, func(ctx context.Context) error { return h.post(ctx, e, text, w) }})
		}
	}
	post("status page", r.Contact.StatusPage)
	all = append(all, channel{"topic", func(ctx context.Context) error { return h.publish(ctx, r.Contact.Topic, text) }})
	post("webhook", r.Contact.Webhook)
	return all
}

// deliver tries the channels of a role until one takes the message.
func (h *Handler) deliver(ctx context.Context, r response.Recipient, text response.Text, w response.Writing) incident.Delivery {
	d := incident.Delivery{Role: r.Name, At: h.p.Clock.Now()}
	var failed []string
	for _, c := range h.channels(r, text, w) {
		for range attempts {
			d.Attempts++
			err := c.try(ctx)
			if err == nil {
				d.Delivered, d.Channel, d.Detail = true, c.name, strings.Join(failed, "; ")
				return d
			}
			if reason := c.name + ": " + err.Error(); len(failed) == 0 || failed[len(failed)-1] != reason {
				failed = append(failed, reason)
			}
		}
	}
	d.Detail = strings.Join(failed, "; ")
	return d
}

func (h *Handler) publish(ctx context.Context, topic string, text response.Text) error {
	arn := h.p.Environment.Topic(h.p.Region(), topic)
	_, err := h.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(arn), Subject: aws.String(response.Subject(text.Subject)), Message: aws.String(text.Body)})
	return failure.FromAWS(err, "publish to %s", arn)
}

func (h *Handler) post(ctx context.Context, e environment.Endpoint, text response.Text, w response.Writing) error {
	secret, err := h.secret(ctx, e.Secret)
	if err != nil {
		return err
	}
	body, err := json.Marshal(Post{
		Environment: h.p.Environment.Name, Incident: w.Incident.Epoch, Status: response.Status(w.Incident),
		Subject: text.Subject, Message: text.Body, At: w.Now,
	})
	if err != nil {
		return fmt.Errorf("encode a message to %s: %w", e.URL, err)
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post to %s: %w", e.URL, err)
	}
	at := w.Now.UTC().Format(time.RFC3339)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(TimeHeader, at)
	request.Header.Set(SignatureHeader, Signature(secret, at, body))
	answer, err := h.http.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("post to %s: %w", e.URL, err)
	}
	if err := answer.Body.Close(); err != nil {
		return fmt.Errorf("post to %s: %w", e.URL, err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("post to %s: it answered %s", e.URL, answer.Status)
	}
	return nil
}

// Signature is the value of the signature header.
func Signature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (h *Handler) secret(ctx context.Context, name string) (string, error) {
	path := h.p.Environment.Parameters + "/" + name
	out, err := h.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(path), WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", failure.FromAWS(err, "read the secret %s", path)
	}
	return aws.ToString(out.Parameter.Value), nil
}
