package response

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
)

// Text is a message as it is sent.
type Text struct {
	Subject string
	Body    string
	Facts   []string  // all that it rests on
	News    bool      // the last message did not have some of them
	NextAt  time.Time // zero when it is the last one
}

// Writing is what a message is written from.
type Writing struct {
	Environment *environment.Environment
	Incident    incident.Incident
	Region      string
	Now         time.Time
	Public      bool
	Last        *incident.Message // the last one that they got; nil before their first, which says everything
	Final       bool              // nothing more is told
}

// Write writes a message. People who were told before read only what is new: a message never says the same again.
func (w Writing) Write() Text {
	facts := Inside(w.Environment, w.Incident, w.Now)
	facts.readiness(w.Region, w.Incident.Readiness)
	if w.Public {
		facts = Outside(w.Incident)
	}
	t := Text{Subject: w.subject(), Facts: facts.All()}
	if w.Last != nil {
		facts = facts.beside(w.Last.Facts)
	}
	t.News = len(facts.All()) > 0
	interval := InternalInterval
	if w.Public {
		interval = PublicInterval
	}
	if !w.Final {
		t.NextAt = w.Now.Add(interval)
	}
	var body strings.Builder
	fmt.Fprintln(&body, t.Subject)
	switch {
	case w.Last != nil && !t.News:
		fmt.Fprintf(&body, "\nNothing new is known since %s.\n", at(w.Last.At))
	case w.Last != nil:
		fmt.Fprintf(&body, "\nNew since %s:\n", at(w.Last.At))
	}
	Section(&body, "Known", facts.Known)
	Section(&body, "Unknown", facts.Unknown)
	Section(&body, "Done", facts.Done)
	Section(&body, "Next", facts.Next)
	w.closing(&body, t.NextAt)
	t.Body = body.String()
	return t
}

func (w Writing) closing(body *strings.Builder, next time.Time) {
	who := w.Incident.Acknowledged
	switch {
	case w.Incident.State == incident.Closed && w.Incident.Released:
		fmt.Fprintln(body, "\nThis is the last message unless it goes on.")
	case w.Incident.State == incident.Closed:
		fmt.Fprintln(body, "\nThis is the last message about it.")
	case who != nil && w.Public:
		fmt.Fprintln(body, "\nFrom here on a person writes.")
	case who != nil:
		fmt.Fprintf(body, "\n%s took over at %s and tells people from here on: the automatic messages end.\n", who.By, at(who.At))
	default:
		fmt.Fprintf(body, "\nNext message: by %s, or sooner when something changes.\n", at(next))
		if !w.Public {
			fmt.Fprintf(body, "To take over: drctl acknowledge --region %s\n", w.Region)
		}
	}
}

func (w Writing) subject() string {
	i, e := w.Incident, w.Environment
	if w.Public {
		return strings.ToUpper(e.Application) + ": " + w.state()
	}
	return fmt.Sprintf("%s, incident %d in %s: %s", e.Prefix(), i.Epoch, w.Region, w.state())
}

// state is the incident in a few words.
func (w Writing) state() string {
	i := w.Incident
	switch {
	case i.State == incident.Closed && i.Outcome == incident.Recovered:
		return "service is restored"
	case i.State == incident.Closed && i.Outcome == incident.StoodDown:
		return "no move was needed"
	case i.State == incident.Closed && w.Public:
		return "service is disturbed, and worked on"
	case i.State == incident.Closed:
		return "ended " + string(i.Outcome) + ", somebody has to act"
	case w.Public:
		return "service is disturbed"
	case i.Mode == incident.Planned && i.Question == nil:
		return "a planned move is under way"
	case i.Question != nil:
		return "a person has to answer"
	case i.Promotion != incident.NotPromoted:
		return "moving to the other region"
	}
	return "an outage is being confirmed"
}

// Status is the state in the words that status pages have.
func Status(i incident.Incident) string {
	switch {
	case i.State == incident.Closed && (i.Outcome == incident.Recovered || i.Outcome == incident.StoodDown):
		return "resolved"
	case i.Promotion != incident.NotPromoted:
		return "identified"
	}
	return "investigating"
}

// Section writes lines under a title, and nothing without lines.
func Section(text *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(text, "\n%s:\n", title)
	for _, line := range lines {
		fmt.Fprintf(text, "- %s\n", line)
	}
}

// subjectLimit is how long SNS lets a subject be, in characters.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const subjectLimit = 100

// Subject makes a text fit for SNS: printable ASCII on one line that begins with something visible.
func Subject(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text)
	clean = strings.TrimSpace(clean)
	return clean[:min(len(clean), subjectLimit)]
}
