package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
)

// heard is a message that reached a role, as the lab's topics and endpoints took it.
type heard struct {
	at   time.Time
	text string
	by   string // topic, or the address of an endpoint
}

// heardBy are the messages of the escalation that reached a role.
func (r *run) heardBy(role environment.Role) []heard {
	region := r.env.Regions.Recovery
	var all []heard
	for _, m := range r.world.SNS.Messages(region, role.Contact.Topic) {
		if m.Publisher == "escalate" {
			all = append(all, heard{m.At, m.Body, "topic"})
		}
	}
	for _, h := range r.world.Hooks.Received {
		if h.URL == role.Contact.Webhook.URL || h.URL == role.Contact.StatusPage.URL {
			all = append(all, heard{h.At, h.Message, h.URL})
		}
	}
	return all
}

// due is when a role is to be told at the earliest, after the incident was opened. It is the procedures' plan once more, and
// not the code's.
func due(role string) time.Duration {
	switch role {
	case "on-call", "incident-commander", "technical-lead":
		return 0
	case "status-page", "customers", "stakeholders":
		return 30 * time.Minute
	}
	return 15 * time.Minute
}

// toldByThePlan: everybody was told within the window of the plan, nobody the same twice, and nothing secret.
func (r *run) toldByThePlan() []Invariant { return r.told(r.windowEnd()) }

// toldInDoubt: besides, those whose message may have arrived twice read so, and an endpoint that keeps to the key takes none twice.
func (r *run) toldInDoubt() []Invariant {
	const marked, once = "whoever may hear something twice is told so", "an endpoint that keeps to the key takes every message once"
	doubtful := 0
	for _, role := range r.env.Contacts.Roles() {
		for _, m := range r.heardBy(role) {
			if m.doubtful() {
				doubtful++
			}
		}
	}
	return append(r.toldByThePlan(), verdict(marked, doubtful > 2, "%s said so", counted(doubtful, "message")),
		verdict(once, r.world.Hooks.Repeated > 0, "%s taken, %d dropped as repeated", counted(len(r.world.Hooks.Received), "message"), r.world.Hooks.Repeated))
}

// toldOfTheEnd: besides, the team hears that the execution ended, and that it goes on.
func (r *run) toldOfTheEnd() []Invariant {
	const name = "the team hears that the execution died, and that it goes on"
	list := r.toldByThePlan()
	for _, role := range r.env.Contacts.Team()[:3] {
		died, on := false, false
		for _, m := range r.heardBy(role) {
			died = died || strings.Contains(m.text, "nobody recovers anything now")
			on = on || died && strings.Contains(m.text, "is waited for")
		}
		if !died || !on {
			return append(list, verdict(name, false, "%s heard of the death: %v, of what followed: %v", role.Name, died, on))
		}
	}
	return append(list, verdict(name, true, "on-call, incident commander and technical lead heard both"))
}

// windowEnd is when the incident ended, or far away.
func (r *run) windowEnd() time.Time {
	i, _ := r.world.Incident(r.env.Regions.Recovery)
	return i.EndedAt
}

// toldUntilAcknowledged: the plan holds up to the moment at which a person took over, and nobody hears anything after it.
func (r *run) toldUntilAcknowledged() []Invariant {
	i, _ := r.world.Incident(r.env.Regions.Recovery)
	if i.Acknowledged == nil {
		return []Invariant{verdict("a person took over", false, "the incident does not say so")}
	}
	list := r.told(i.Acknowledged.At)
	const name = "after a person took over, nobody is told automatically"
	for _, role := range r.env.Contacts.Roles() {
		messages := r.heardBy(role)
		if n := len(messages); n > 0 && messages[n-1].at.Sub(i.Acknowledged.At) > 2*time.Minute {
			return append(list, verdict(name, false, "%s heard something at %s", role.Name, stamp(messages[n-1].at)))
		}
	}
	return append(list, verdict(name, true, "%s took over at %s", i.Acknowledged.By, stamp(i.Acknowledged.At)),
		r.reviewSays("what people add is in the review", "- [x] Communicate with stakeholders: ", "Grace says: telephone conference", "a power cut (Grace"))
}

// reviewSays: the review in the compliance bucket has some words.
func (r *run) reviewSays(name string, all ...string) Invariant {
	bucket := r.env.BucketIn(r.env.Regions.Recovery, r.env.Buckets.Compliance)
	for _, object := range r.world.S3.Objects(bucket) {
		if !strings.HasSuffix(object.Key, "review.md") {
			continue
		}
		for _, words := range all {
			if !strings.Contains(string(object.Body), words) {
				return verdict(name, false, "it does not say %q", words)
			}
		}
		return verdict(name, true, "s3://%s/%s", bucket, object.Key)
	}
	return verdict(name, false, "there is none in %s", bucket)
}

// told judges what was told up to the end of the telling.
func (r *run) told(end time.Time) []Invariant {
	i, ok := r.world.Incident(r.env.Regions.Recovery)
	if !ok || i.State != incident.Closed {
		return []Invariant{verdict("the incident ended", false, "it is open")}
	}
	return []Invariant{r.toldInTime(i, end), r.nothingTwice(), r.nothingSecret(), r.reviewed(i)}
}

func (r *run) toldInTime(i incident.Incident, end time.Time) Invariant {
	const name = "everybody is told within the window of the plan, and nobody before"
	const window = 15 * time.Minute // of each stage
	var reached []string
	for _, role := range r.env.Contacts.Roles() {
		messages, from := r.heardBy(role), i.OpenedAt.Add(due(role.Name))
		switch {
		case end.Before(from) && len(messages) > 0:
			return verdict(name, false, "%s was told at %s, before it was due", role.Name, stamp(messages[0].at))
		case end.Before(from.Add(2 * time.Minute)):
			continue // it ended before, or at the same time
		case len(messages) == 0:
			return verdict(name, false, "%s was never told", role.Name)
		case messages[0].at.Before(from), messages[0].at.After(from.Add(window)):
			return verdict(name, false, "%s was told at %s; its window is %s to %s", role.Name, stamp(messages[0].at), stamp(from), stamp(from.Add(window)))
		}
		reached = append(reached, fmt.Sprintf("%s after %s", role.Name, messages[0].at.Sub(i.OpenedAt).Round(time.Minute)))
	}
	return verdict(name, len(reached) > 0, "%s", strings.Join(reached, ", "))
}

func (r *run) nothingTwice() Invariant {
	const name = "nobody hears the same twice, and everybody when the next message comes"
	total := 0
	for _, role := range r.env.Contacts.Roles() {
		seen := map[string]bool{}
		messages := r.heardBy(role)
		for n, m := range messages {
			total++
			if seen[m.text] {
				return verdict(name, false, "%s heard twice: %s", role.Name, m.text)
			}
			seen[m.text] = true
			for _, line := range strings.Split(m.text, "\n") {
				// A message whose first attempt was not answered says so, and then may be the same.
				if m.doubtful() {
					break
				}
				if strings.HasPrefix(line, "- ") && !strings.HasPrefix(line, "- it ended") && n > 0 && strings.Contains(messages[n-1].text, line+"\n") {
					return verdict(name, false, "%s heard again at %s: %s", role.Name, stamp(m.at), line)
				}
			}
			if by, ok := promised(m); ok && n+1 < len(messages) && messages[n+1].at.After(by.Add(2*time.Minute)) {
				return verdict(name, false, "%s was promised a message by %s and got it at %s", role.Name, stamp(by), stamp(messages[n+1].at))
			}
			last := strings.Contains(m.text, "last message") || strings.Contains(m.text, "took over") || strings.Contains(m.text, "a person writes")
			if !last && !strings.Contains(m.text, "Next message: by ") {
				return verdict(name, false, "%s does not know when it hears again: %s", role.Name, m.text)
			}
		}
	}
	return verdict(name, total > 0, "%s", counted(total, "message"))
}

// doubtful tells whether a message says of itself that it may have arrived before.
func (m heard) doubtful() bool { return strings.Contains(m.text, "may have reached you already") }

// promised is when a message says that the next one comes.
func promised(m heard) (time.Time, bool) {
	_, rest, ok := strings.Cut(m.text, "Next message: by ")
	if !ok || len(rest) < 5 {
		return time.Time{}, false
	}
	clock, err := time.Parse("15:04", rest[:5])
	if err != nil {
		return time.Time{}, false
	}
	day := m.at.UTC().Truncate(24 * time.Hour)
	by := day.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
	if by.Before(m.at.Add(-time.Hour)) {
		by = by.Add(24 * time.Hour)
	}
	return by, true
}

// nothingSecret: no message has a secret, and none to the public names a resource.
func (r *run) nothingSecret() Invariant {
	const name = "messages hold no secret, and public ones no name of a resource"
	for _, role := range r.env.Contacts.Roles() {
		public := due(role.Name) == 30*time.Minute || role.Name == "key-customers"
		for _, m := range r.heardBy(role) {
			for _, secret := range r.world.SecretsInTheClear(r.env.Regions.Recovery) {
				if strings.Contains(m.text, secret) {
					return verdict(name, false, "%s was told a secret", role.Name)
				}
			}
			if public && (strings.Contains(m.text, r.env.Prefix()) || strings.Contains(m.text, "arn:") || strings.Contains(m.text, "us-")) {
				return verdict(name, false, "%s was told of the inside: %s", role.Name, m.text)
			}
		}
	}
	return verdict(name, true, "looked at every message")
}

// reviewed: the review lies in the compliance bucket, says how it ended, and ticks what was done.
func (r *run) reviewed(i incident.Incident) Invariant {
	const name = "the post-incident review is written from the record"
	said := r.reviewSays(name, string(i.Outcome), "outage: at most", "promoting the database", "- [x] Activate incident response team", "Follow-ups")
	if suffered := r.world.Traffic.Outage().Longest.Length(); said.Result == Pass && r.reviewedOutage() < suffered {
		return verdict(name, false, "clients were without service for %s, and it says less", suffered)
	}
	return said
}

// reviewedOutage is the bound of the outage that the review states, 0 when it states none.
func (r *run) reviewedOutage() time.Duration {
	for _, object := range r.world.S3.Objects(r.env.BucketIn(r.env.Regions.Recovery, r.env.Buckets.Compliance)) {
		if strings.HasSuffix(object.Key, "review.md") {
			return outageOf(string(object.Body))
		}
	}
	return 0
}

// outageOf reads it from the text.
func outageOf(text string) time.Duration {
	_, rest, _ := strings.Cut(text, "outage: at most ")
	span, _, _ := strings.Cut(rest, ",")
	d, err := time.ParseDuration(span)
	if err != nil {
		return 0
	}
	return d
}
