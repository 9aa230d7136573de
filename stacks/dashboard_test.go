package stacks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// shown are the metrics of a region's dashboard, each with the title that it is under.
func shown(t *testing.T, region string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for id, r := range synthesised(t).stack(t, "recovery-"+region).Resources {
		if r.Type != "AWS::CloudWatch::Dashboard" {
			continue
		}
		var body struct {
			Widgets []struct {
				X, Y, Width, Height int
				Properties          struct {
					Title, Region string
					Metrics       [][]string
				}
			}
		}
		if err := json.Unmarshal([]byte(fmt.Sprint(r.Properties["DashboardBody"])), &body); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for i, w := range body.Widgets {
			for _, other := range body.Widgets[:i] {
				if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height && other.Y < w.Y+w.Height {
					t.Errorf("%q lies on %q", w.Properties.Title, other.Properties.Title)
				}
			}
			if i > 0 && w.Properties.Region != region {
				t.Errorf("%q is of %q", w.Properties.Title, w.Properties.Region)
			}
			for _, m := range w.Properties.Metrics {
				if len(m)%2 != 0 {
					t.Fatalf("%q: %v is no metric", w.Properties.Title, m)
				}
				text := m[0] + " " + m[1]
				for n := 2; n < len(m); n += 2 {
					text += " " + m[n] + "=" + m[n+1]
				}
				found[text] = w.Properties.Title
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no dashboard in %s", region)
	}
	return found
}

// TestTheDashboardsShowWhatIsMeasured runs a day with all schedules and then an outage, and compares. Step Functions counts
// executions itself, so that for its metrics the machine has to exist.
func TestTheDashboardsShowWhatIsMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a day")
	}
	w := lab(t)
	w.Sim.Run(w.Sim.Now().Add(26*time.Hour), nil)
	w.Cloud.Kill(w.Env.Regions.Primary)
	w.Sim.Run(w.Sim.Now().Add(2*time.Hour), nil)
	// The regions change roles: what only the active one measures, or only the other, is measured there after a failover.
	mirrored := strings.NewReplacer(w.Env.Database.Replica, "DATABASE", w.Env.Database.Identifier, "DATABASE")
	measured := map[string]bool{}
	for _, region := range w.Cloud.Regions() {
		for _, m := range w.Metrics.Measured(region) {
			measured[mirrored.Replace(strings.Join(m, " "))] = true
		}
	}
	for _, region := range w.Cloud.Regions() {
		for metric, title := range shown(t, region) {
			if _, arn, is := strings.Cut(metric, "StateMachineArn="); is {
				if !slices.Contains(w.States.Machines(), arn) {
					t.Errorf("%s: %q shows executions of %s, which is not deployed", region, title, arn)
				}
				continue
			}
			if !measured[mirrored.Replace(metric)] {
				t.Errorf("%s: %q shows %s, which nothing measured", region, title, metric)
			}
		}
	}
}

func TestTheDashboardsAnswerWhatIsAsked(t *testing.T) {
	for _, region := range []string{"us-east-1", "us-west-2"} {
		var titles []string
		for _, title := range shown(t, region) {
			titles = append(titles, title)
		}
		for _, asked := range []string{"RPO now", "RTO history", "Last drill", "Backup success"} {
			if !slices.ContainsFunc(titles, func(title string) bool { return strings.Contains(title, asked) }) {
				t.Errorf("%s: nothing shows %q", region, asked)
			}
		}
	}
}
