package response_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
)

func production(t *testing.T) *environment.Environment {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var opened = time.Date(2026, 3, 3, 9, 10, 0, 0, time.UTC)

func names(all []response.Recipient) []string {
	var list []string
	for _, r := range all {
		list = append(list, r.Name)
	}
	return list
}

func TestThePlanIsThatOfTheProcedures(t *testing.T) {
	e := production(t)
	for _, c := range []struct {
		after time.Duration
		want  []string
	}{
		{0, []string{"on-call", "incident-commander", "technical-lead"}},
		{15*time.Minute - 1, []string{"on-call", "incident-commander", "technical-lead"}},
		{15 * time.Minute, []string{"communications-lead", "business-continuity-manager", "management", "customer-success", "key-customers"}},
		{30 * time.Minute, []string{"status-page", "customers", "stakeholders"}},
	} {
		due := names(response.Due(e, c.after))
		for _, role := range c.want {
			if !slices.Contains(due, role) {
				t.Errorf("after %s %s is not due: %v", c.after, role, due)
			}
		}
	}
	if n := len(response.Due(e, 15*time.Minute-1)); n != 3 {
		t.Errorf("%d are due before 15 minutes", n)
	}
	if n := len(response.Due(e, time.Hour)); n != len(e.Contacts.Roles()) {
		t.Errorf("%d of %d are due after an hour", n, len(e.Contacts.Roles()))
	}
	e.Contacts.KeyCustomers = environment.Contact{}
	if slices.Contains(names(response.Due(e, time.Hour)), "key-customers") {
		t.Error("key customers are told, and there are none")
	}
}

func TestAMessageSaysWhatIsNewAndNothingAgain(t *testing.T) {
	e := production(t)
	i := incident.Incident{Epoch: 3, State: incident.Open, Trigger: "alarm", OpenedAt: opened, Fence: incident.Fence{State: incident.FenceNone}}
	w := response.Writing{Environment: e, Incident: i, Region: "us-west-2", Now: opened.Add(time.Minute)}
	first := w.Write()
	if !first.News || !strings.Contains(first.Body, "since when clients are not served") || !strings.Contains(first.Body, "Next message: by 09:26 UTC") {
		t.Errorf("the first message: %s", first.Body)
	}
	w.Last = &incident.Message{At: w.Now, Facts: first.Facts}
	if again := w.Write(); again.News || !strings.Contains(again.Body, "Nothing new is known since 09:11 UTC") || strings.Contains(again.Body, "was opened") {
		t.Errorf("nothing changed: %s", again.Body)
	}
	w.Incident.Promotion, w.Incident.RequestedAt = incident.PromotionRequested, opened.Add(2*time.Minute)
	news := w.Write()
	if !news.News || !strings.Contains(news.Body, "how much data is lost") || strings.Contains(news.Body, "was opened") {
		t.Errorf("what is new: %s", news.Body)
	}
	w.Now = opened.Add(31 * time.Minute)
	if late := w.Write(); !strings.Contains(late.Body, "was missed at 09:40 UTC") {
		t.Errorf("the objective was missed: %s", late.Body)
	}
}

func TestPublicMessagesNameNothingOfTheInside(t *testing.T) {
	e := production(t)
	for _, outcome := range []incident.Outcome{"", incident.Recovered, incident.StoodDown, incident.FailedDirty} {
		i := incident.Incident{Epoch: 3, State: incident.Open, Trigger: "alarm acso-production-primary-unhealthy", OpenedAt: opened, Outcome: outcome, Reason: "acso-production-db is gone"}
		if outcome != "" {
			i.State, i.EndedAt = incident.Closed, opened.Add(time.Hour)
		}
		i.Changed(opened, "us-west-2: promotion of acso-production-db-replica requested", "")
		body := response.Writing{Environment: e, Incident: i, Region: "us-west-2", Now: opened, Public: true}.Write().Body
		for _, inside := range []string{"acso-production", "us-west-2", "drctl", "alarm"} {
			if strings.Contains(body, inside) {
				t.Errorf("%s: the public reads %q: %s", outcome, inside, body)
			}
		}
		if said := strings.Contains(body, "and is restored"); said != (outcome == incident.Recovered) {
			t.Errorf("%s: %s", outcome, body)
		}
	}
}

func TestOnlyWhatTheRecordShowsIsTicked(t *testing.T) {
	i := incident.Incident{State: incident.Open, OpenedAt: opened, Fence: incident.Fence{State: incident.FenceOwed, Region: "us-east-1"}, Promotion: incident.PromotionRequested}
	ticked := func(i incident.Incident, c incident.Communication) []string {
		var list []string
		for _, item := range response.Checklist(i, c, incident.People{}) {
			if item.Done {
				list = append(list, item.Text)
			}
			if item.Evidence == "" || item.Done == item.At.IsZero() {
				t.Errorf("%+v", item)
			}
		}
		return list
	}
	if got := ticked(i, incident.Communication{}); !slices.Equal(got, []string{"Begin recovery procedures"}) {
		t.Errorf("ticked with nothing but a beginning: %v", got)
	}
	i.State, i.EndedAt, i.Promotion, i.PromotedAt = incident.Closed, opened.Add(time.Hour), incident.PromotionDone, opened.Add(time.Minute)
	i.Fence.State, i.Fence.ProvenAt, i.Seen.CheckedAt = incident.FenceProven, opened.Add(time.Minute), opened
	c := incident.Communication{Messages: []incident.Message{{At: opened, Deliveries: []incident.Delivery{
		{Role: "on-call", Delivered: true, At: opened}, {Role: "management", At: opened}, {Role: "stakeholders", Delivered: true, At: opened},
	}}}}
	if got := ticked(i, c); len(got) != 7 || slices.Contains(got, "Conduct post-incident review") {
		t.Errorf("ticked at the end: %v", got)
	}
}
