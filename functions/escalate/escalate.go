// Package escalate tells people about an incident by the communication plan: who is due by the incident's clock, what is
// new, and when the next message comes. One invocation sends what is due now; the machine of the same procedure waits.
//
// It refuses to say the same twice to somebody without saying so, to count a role as told that no channel reached, and to go
// on after a person took over. It holds no recovery up: it only reads the incident, and writes what it tells beside it, before
// it is sent and after.
package escalate

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/response"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with. A channel that fails is in the output and is tried again at the next invocation.
var Errors = append([]failure.Kind{failure.InvalidInput}, incident.Errors...)

const (
	// poll is the time between two looks at the incident, in seconds: how late a change is told at most.
	poll = 60
	// early is the time between two looks while the incident is not opened yet, in seconds.
	early = 10
	// patience is how long an execution may take to open its incident. One that stands down never does.
	patience = 2 * time.Minute
	// brief is how old an incident has to be before anybody is told: a false alarm stands down within seconds.
	brief = 20 * time.Second
	// settling keeps changes that come in quick succession together in one message.
	settling = 2 * time.Minute
	// late is how long a last message is tried for, and how long an execution that was ended from outside is waited for to be
	// redriven.
	late = 15 * time.Minute
	// longest is how long people are told automatically. A longer incident needs a person.
	longest = 24 * time.Hour
)

// Lease is how long a message may be on its way before the run that sends it counts as dead: longer than a function may take.
const Lease = 150 * time.Second

// Input names the execution whose incident it is.
type Input struct {
	Execution string    `json:"execution"`
	Started   time.Time `json:"started"` // when the telling began
}

// Output says what happened and when to come back.
type Output struct {
	Done        bool     `json:"done"` // nothing more is to be told
	Reason      string   `json:"reason"`
	WaitSeconds int      `json:"waitSeconds"`
	Epoch       int64    `json:"epoch"`    // 0 when the execution opened no incident
	Messages    int      `json:"messages"` // sent so far
	Unreached   []string `json:"unreached"`
	Review      bool     `json:"review"` // the incident ended and something was done: a review is due
}

// Handler sends over all channels.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	sns   *sns.Client
	ssm   *ssm.Client
	http  http.RoundTripper
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{
		p: p, store: incident.NewStore(p), ssm: ssm.NewFromConfig(p.AWS), http: p.HTTP,
		// A topic takes the same message twice when an answer is lost. The SDK would repeat it without a word; this does not.
		sns: sns.NewFromConfig(p.AWS, func(o *sns.Options) { o.Retryer = aws.NopRetryer{} }),
	}
}

// Grants is what it may do: read the incident, keep what it told, publish in its region, and read what signs messages.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var topics, secrets []string
	for _, role := range e.Contacts.Roles() {
		topics = append(topics, e.Topic(region, role.Contact.Topic))
	}
	for _, endpoint := range e.Endpoints() {
		secrets = append(secrets, e.ParameterARN(region)+"/"+endpoint.Secret)
	}
	grants := append(incident.Grants(e, region), grant.Grant{Actions: []string{"sns:Publish"}, Resources: topics})
	if len(secrets) > 0 {
		grants = append(grants, grant.Grant{Actions: []string{"ssm:GetParameter"}, Resources: secrets},
			// A secure string is decrypted in the caller's name; IAM checks the key and not its alias.
			// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
			grant.Grant{Actions: []string{"kms:Decrypt"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)}})
	}
	return grants
}

// Handle sends what is due.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Execution == "" || in.Started.IsZero() {
		return Output{}, failure.New(failure.InvalidInput, "tell people about an incident", "execution and started are required")
	}
	now := h.p.Clock.Now()
	i, err := h.store.Present(ctx)
	if err != nil {
		return Output{}, err
	}
	if i.Owner != in.Execution {
		if now.Sub(in.Started) < patience {
			return Output{Reason: "the execution has opened no incident yet", WaitSeconds: early, Unreached: []string{}}, nil
		}
		return Output{Done: true, Reason: "the execution has no incident: there is nothing to tell", Unreached: []string{}}, nil
	}
	if i.State != incident.Closed && now.Sub(i.OpenedAt) < brief {
		left := brief - now.Sub(i.OpenedAt)
		return Output{Reason: "the incident is new", WaitSeconds: int(math.Ceil(left.Seconds())), Epoch: i.Epoch, Unreached: []string{}}, nil
	}
	c, err := h.store.Communication(ctx, i.Epoch)
	if err != nil {
		return Output{}, err
	}
	if i.State == incident.Open && i.ReopenedAt.After(c.EndedAt) { // redriven after the telling had ended
		c.EndedAt, c.EndedBy = time.Time{}, ""
	}
	if c.EndedAt.IsZero() {
		if c, err = h.tell(ctx, i, c, now); err != nil {
			return Output{}, err
		}
	}
	out := Output{
		Done: !c.EndedAt.IsZero(), Reason: c.EndedBy, Epoch: i.Epoch, Messages: len(c.Messages), Unreached: unreached(h.recipients(i, c, now), c), WaitSeconds: poll,
		Review: i.State == incident.Closed && len(i.Changes) > 0,
	}
	if !out.Done {
		out.Reason = "the incident is open"
	}
	if i.Acknowledged != nil && i.State != incident.Closed {
		out.Done, out.Reason = false, "a person took over; the end is waited for" // for the review
	}
	return out, nil
}

// tell writes down what is due, sends it, and writes down how that went. A run that dies in between leaves messages of which
// nobody knows whether they were sent: they are sent again, and say so.
func (h *Handler) tell(ctx context.Context, i incident.Incident, c incident.Communication, now time.Time) (incident.Communication, error) {
	began := len(c.Messages)
	again := resume(&c, now)
	for _, public := range []bool{false, true} {
		c.Messages = append(c.Messages, h.messages(i, c, now, public)...)
	}
	sent := again || len(c.Messages) > began
	if sent {
		var err error
		if c, err = h.store.KeepCommunication(ctx, c); err != nil {
			return c, err
		}
		h.send(ctx, &c, now)
	}
	ended := i.State == incident.Closed || i.Acknowledged != nil
	switch {
	case ended && now.Sub(final(i)) < late && (awaited(i) || len(unaware(h.listeners(i, h.recipients(i, c, now)), c, final(i))) > 0):
	case ended && i.State == incident.Closed:
		c.EndedAt, c.EndedBy = now, "the incident ended "+string(i.Outcome)
	case ended:
		c.EndedAt, c.EndedBy = now, "acknowledged by "+i.Acknowledged.By
	case now.Sub(i.OpenedAt) > longest:
		c.EndedAt, c.EndedBy = now, "the incident is open for more than a day"
	}
	if c.EndedAt.IsZero() && !sent {
		return c, nil
	}
	return h.store.KeepCommunication(ctx, c)
}

// awaited tells whether an execution that was ended from outside may still be redriven, by a person who was told.
func awaited(i incident.Incident) bool { return i.State == incident.Closed && i.Released }

// recipients are who is to hear of the incident now. When it has ended or a person took over, only those who were told before;
// when it was ended from outside, the team in any case, whom nobody else tells.
func (h *Handler) recipients(i incident.Incident, c incident.Communication, now time.Time) []response.Recipient {
	var due []response.Recipient
	for _, r := range response.Due(h.p.Environment, now.Sub(i.OpenedAt)) {
		_, told := c.Told(r.Name)
		switch {
		case (i.State == incident.Closed || i.Acknowledged != nil) && !told && !(r.Team && awaited(i)):
		case i.Mode == incident.Planned && !r.Team: // planned work is announced before, and by people
		default:
			due = append(due, r)
		}
	}
	return due
}

// unreached are the recipients that no message reached.
func unreached(due []response.Recipient, c incident.Communication) []string {
	names := []string{}
	for _, r := range due {
		if _, told := c.Told(r.Name); !told {
			names = append(names, r.Name)
		}
	}
	return names
}
