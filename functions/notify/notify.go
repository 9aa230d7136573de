// Package notify tells the emergency response team what is known, what is not, what was done and what comes next, through
// the topics of its own region; and it asks for approvals.
//
// It refuses to count a message as sent that no topic took. An approval is asked with a task token, which it stores in the
// incident first, so that a question whose message was lost can still be answered.
package notify

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

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

// Errors are the kinds that it fails with. One topic that fails is in the output; all failing is Unavailable.
var Errors = append([]failure.Kind{failure.InvalidInput, failure.Superseded}, incident.Errors...)

// Input is the message.
type Input struct {
	Kind    string   `json:"kind"` // update, or approval: somebody has to answer
	Subject string   `json:"subject"`
	Known   []string `json:"known,omitempty"`
	Unknown []string `json:"unknown,omitempty"`
	Done    []string `json:"done,omitempty"`
	Next    []string `json:"next,omitempty"`
	Token   string   `json:"token,omitempty"` // approval: where the answer goes
	Lock    string   `json:"lock,omitempty"`  // approval: pair when the question belongs to a restore, whose incident is in the other region; none when no incident is open
	Means   []string `json:"means,omitempty"` // approval: what an answer does, when it is not about a failover
	incident.Claim
}

// Output says whom it reached.
type Output struct {
	Sent   int      `json:"sent"`   // topics that took the message
	Failed []string `json:"failed"` // topics that did not, and why
}

// Handler publishes in its region.
type Handler struct {
	p     platform.Platform
	store *incident.Store
	other *incident.Store // of the other region
	sns   *sns.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, store: incident.NewStore(p), other: incident.NewStoreIn(p, p.Environment.Pair(p.Region())), sns: sns.NewFromConfig(p.AWS)}
}

// Grants is what it may do: publish in its region, and store questions.
func Grants(e *environment.Environment, region string) []grant.Grant {
	grants := append(incident.Grants(e, region), incident.Grants(e, e.Pair(region))...)
	return append(grants, grant.Grant{Actions: []string{"sns:Publish"}, Resources: topics(e, region)})
}

func topics(e *environment.Environment, region string) []string {
	var arns []string
	for _, role := range e.Contacts.Team() {
		arns = append(arns, e.Topic(region, role.Contact.Topic))
	}
	return arns
}

// Handle sends one message to everybody.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if in.Subject == "" || in.Kind != "update" && in.Kind != "approval" {
		return Output{}, failure.New(failure.InvalidInput, "notify", "kind %q with subject %q: kind is update or approval, and a subject is required", in.Kind, in.Subject)
	}
	if in.Kind == "approval" {
		if in.Token == "" {
			return Output{}, failure.New(failure.InvalidInput, "ask for approval", "token is required")
		}
		store := h.store
		if in.Lock == "pair" {
			store = h.other
		}
		if in.Lock != "none" { // then only the message has the question
			if _, err := store.Ask(ctx, in.Claim, in.Subject, in.Token); err != nil {
				return Output{}, err
			}
		}
	}
	out := Output{Failed: []string{}}
	message := h.message(in)
	var last error
	for _, topic := range topics(h.p.Environment, h.p.Region()) {
		_, err := h.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(topic), Subject: aws.String(response.Subject(in.Subject)), Message: aws.String(message)})
		if err == nil {
			out.Sent++
			continue
		}
		last = failure.FromAWS(err, "publish to %s", topic)
		out.Failed = append(out.Failed, last.Error())
	}
	if out.Sent == 0 {
		return out, &failure.Error{Kind: failure.Unavailable, Op: "notify the emergency response team", Err: last}
	}
	return out, nil
}

func (h *Handler) message(in Input) string {
	e := h.p.Environment
	var text strings.Builder
	fmt.Fprintf(&text, "%s\nEnvironment %s, region %s, incident %d, %s\n", in.Subject, e.Prefix(), h.p.Region(), in.Epoch, h.p.Clock.Now().UTC().Format("2006-01-02 15:04:05 UTC"))
	response.Section(&text, "Known", in.Known)
	response.Section(&text, "Unknown", in.Unknown)
	response.Section(&text, "Done", in.Done)
	response.Section(&text, "Next", in.Next)
	if in.Kind == "approval" {
		means, form := in.Means, `{"approved": true, "by": "YOUR NAME"}`
		if len(means) == 0 {
			form = `{"approved": true, "by": "YOUR NAME", "fencedByHand": false}`
			means = []string{
				"approved: true promotes the replica, which cannot be taken back; false stands down",
				"fencedByHand: true only if you made sure yourself that " + e.Pair(h.p.Region()) + " takes no writes",
			}
		}
		response.Section(&text, "Answer", append([]string{
			fmt.Sprintf("aws stepfunctions send-task-success --region %s --task-token '%s' --task-output '%s'", h.p.Region(), in.Token, form),
		}, means...))
	}
	return text.String()
}
