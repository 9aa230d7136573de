package stacks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// line is a metric of a graph.
type line struct{ title, region, metric string }

// shown are the metrics of a region's dashboard.
func shown(t *testing.T, region string) []line {
	t.Helper()
	var found []line
	for id, r := range synthesised(t).stack(t, "recovery-"+region).Resources {
		if r.Type != "AWS::CloudWatch::Dashboard" {
			continue
		}
		var body struct {
			Widgets []struct {
				X, Y, Width, Height int
				Properties          struct {
					Title, Region string
					Metrics       [][]any
				}
			}
		}
		if err := json.Unmarshal([]byte(fmt.Sprint(r.Properties["DashboardBody"])), &body); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for i, w := range body.Widgets {
			labels := map[string]bool{}
			for _, other := range body.Widgets[:i] {
				if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height && other.Y < w.Y+w.Height {
					t.Errorf("%q lies on %q", w.Properties.Title, other.Properties.Title)
				}
			}
			if i > 0 && w.Properties.Region != region {
				t.Errorf("%q is of %q", w.Properties.Title, w.Properties.Region)
			}
			for _, m := range w.Properties.Metrics {
				options, _ := m[len(m)-1].(map[string]any)
				if m = m[:len(m)-1]; len(m)%2 != 0 || options["region"] == nil {
					t.Fatalf("%q: %v is no metric of a region", w.Properties.Title, m)
				}
				text := fmt.Sprint(m[0], " ", m[1])
				for n := 2; n < len(m); n += 2 {
					text += fmt.Sprint(" ", m[n], "=", m[n+1])
				}
				if label := fmt.Sprint(options["label"]); labels[label] || !strings.HasPrefix(label, fmt.Sprint(options["region"])) {
					t.Errorf("%q has the label %q twice, or it does not say the region", w.Properties.Title, label)
				} else {
					labels[label] = true
				}
				found = append(found, line{w.Properties.Title, fmt.Sprint(options["region"]), text})
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
		for _, l := range shown(t, region) {
			if _, arn, is := strings.Cut(l.metric, "StateMachineArn="); is {
				if !slices.Contains(w.States.Machines(), arn) || !strings.Contains(arn, ":"+l.region+":") {
					t.Errorf("%s: %q shows executions of %s in %s, which is not deployed there", region, l.title, arn, l.region)
				}
				continue
			}
			if !measured[mirrored.Replace(l.metric)] {
				t.Errorf("%s: %q shows %s, which nothing measured", region, l.title, l.metric)
			}
		}
	}
}

// TestTheDashboardsFollowTheActiveRegion: nothing has to be changed on them when the roles change, since each graph has both
// regions, whose database each is where it is; the switch is in one region for good.
func TestTheDashboardsFollowTheActiveRegion(t *testing.T) {
	e := named(t, "production")
	regions := []string{e.Regions.Primary, e.Regions.Recovery}
	own := strings.NewReplacer(e.Regions.Primary, "REGION", e.Regions.Recovery, "REGION", "="+e.Database.Replica, "=DATABASE", "="+e.Database.Identifier, "=DATABASE")
	for _, region := range regions {
		seen := map[line]map[string]bool{}
		for _, l := range shown(t, region) {
			at := line{title: l.title, metric: own.Replace(l.metric)}
			if seen[at] == nil {
				seen[at] = map[string]bool{}
			}
			seen[at][l.region] = true
		}
		active := false
		for l, in := range seen {
			active = active || l.metric == "ACSO/Failover Active Environment="+e.Name
			if strings.Contains(l.metric, " Switch ") {
				if !in[e.Regions.Recovery] || len(in) != 1 {
					t.Errorf("%s: the switch is shown of %v", region, in)
				}
				continue
			}
			for _, r := range regions {
				if !in[r] {
					t.Errorf("%s: %q shows %s of one region only: after a failover it would show the wrong one", region, l.title, l.metric)
				}
			}
		}
		if !active {
			t.Errorf("%s: nothing says which region is active", region)
		}
	}
}

func TestTheDashboardsAnswerWhatIsAsked(t *testing.T) {
	for _, region := range []string{"us-east-1", "us-west-2"} {
		var titles []string
		for _, l := range shown(t, region) {
			titles = append(titles, l.title)
		}
		for _, asked := range []string{"State of readiness", "RPO now", "RTO history", "Last drill", "Backup success"} {
			if !slices.ContainsFunc(titles, func(title string) bool { return strings.Contains(title, asked) }) {
				t.Errorf("%s: nothing shows %q", region, asked)
			}
		}
	}
}
