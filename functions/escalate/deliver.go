package escalate

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

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
	// KeyHeader has the message's ID: whoever has taken a message with it drops the next one.
	KeyHeader = "Idempotency-Key"
)

// Post is the body of a signed message.
type Post struct {
	ID          string    `json:"id"` // the same when it is sent again
	Environment string    `json:"environment"`
	Incident    int64     `json:"incident"`
	Status      string    `json:"status"` // investigating, identified or resolved
	Subject     string    `json:"subject"`
	Message     string    `json:"message"`
	At          time.Time `json:"at"`
}

// letter is message n to a role. Written anew from the record, it is the same.
func (h *Handler) letter(c incident.Communication, n int, role string) Post {
	e, m := h.p.Environment, c.Messages[n]
	return Post{
		ID: fmt.Sprintf("%s/%s/incident-%d/message-%d/%s", e.Prefix(), h.p.Region(), c.Epoch, n+1, role), Environment: e.Name, Incident: c.Epoch,
		Status: m.Status, Subject: m.Subject, Message: m.Body, At: m.At,
	}
}

// Doubt is the first line of a message that may have arrived before.
const Doubt = "This message may have reached you already: nobody knows whether the first attempt arrived."

// text is the message for people; one that may have arrived before says so.
func (p Post) text(doubt bool) string {
	if doubt {
		return Doubt + "\n\n" + p.Message
	}
	return p.Message
}

// channel is one way to reach a role. It is told whether the message may have arrived before.
type channel struct {
	name string
	try  func(ctx context.Context, doubt bool) error
}

// channels are the ways to reach a role, the first one first.
func (h *Handler) channels(contact environment.Contact, l Post) []channel {
	var all []channel
	post := func(name string, e environment.Endpoint) {
		if e.URL != "" { // the receiver knows by the key
			all = append(all, channel{name, func(ctx context.Context, _ bool) error { return h.post(ctx, e, l) }})
		}
	}
	post("status page", contact.StatusPage)
	all = append(all, channel{"topic", func(ctx context.Context, doubt bool) error {
		return h.publish(ctx, contact.Topic, l.Subject, l.text(doubt))
	}})
	post("webhook", contact.Webhook)
	return all
}

// deliver tries the channels of a role until one takes the message.
func (h *Handler) deliver(ctx context.Context, contact environment.Contact, l Post, d *incident.Delivery) {
	var failed []string
	if d.Detail != "" {
		failed = append(failed, d.Detail)
	}
	for _, c := range h.channels(contact, l) {
		for range attempts {
			d.Attempts++
			err := c.try(ctx, d.Repeated)
			if err == nil {
				d.Delivered, d.Channel = true, c.name
				break
			}
			d.Repeated = d.Repeated || uncertain(err)
			if reason := c.name + ": " + err.Error(); len(failed) == 0 || failed[len(failed)-1] != reason {
				failed = append(failed, reason)
			}
		}
		if d.Delivered {
			break
		}
	}
	d.Pending, d.Detail = false, strings.Join(failed, "; ")
}

// uncertain tells whether a message may have arrived although sending it failed: there was no answer, or one that does not say
// whose fault it was.
func uncertain(err error) bool {
	var refused *refusedError
	if errors.As(err, &refused) {
		return false
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return true
	}
	return answer.ErrorFault() != smithy.FaultClient && answer.ErrorCode() != "ThrottlingException" && answer.ErrorCode() != "Throttling"
}

// refusedError: a message is known not to have been taken.
type refusedError struct{ error }

func (h *Handler) publish(ctx context.Context, topic, subject, body string) error {
	arn := h.p.Environment.Topic(h.p.Region(), topic)
	_, err := h.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(arn), Subject: aws.String(response.Subject(subject)), Message: aws.String(body)})
	return failure.FromAWS(err, "publish to %s", arn)
}

func (h *Handler) post(ctx context.Context, e environment.Endpoint, post Post) error {
	secret, err := h.secret(ctx, e.Secret)
	if err != nil {
		return &refusedError{err}
	}
	body, err := json.Marshal(post)
	if err != nil {
		return fmt.Errorf("encode a message to %s: %w", e.URL, err)
	}
	ctx, cancel := h.p.Clock.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post to %s: %w", e.URL, err)
	}
	at := h.p.Clock.Now().UTC().Format(time.RFC3339)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(KeyHeader, post.ID)
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
		return &refusedError{fmt.Errorf("post to %s: it answered %s", e.URL, answer.Status)}
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
