package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/lab/drill"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample(t *testing.T, name string) *drill.Result {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r drill.Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func render(t *testing.T, r *drill.Result) string {
	t.Helper()
	var text bytes.Buffer
	if err := Write(&text, r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestPage(t *testing.T) {
	for _, name := range []string{"recovered", "failed"} {
		t.Run(name, func(t *testing.T) {
			got := render(t, sample(t, name))
			golden := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the page differs from %s; look at it, then run the test with -update", golden)
			}
		})
	}
}

// The page has to be readable years later, from an attachment.
func TestPageLoadsNothing(t *testing.T) {
	got := render(t, sample(t, "failed"))
	for _, pattern := range []string{`https?://`, `<script`, `<link`, `<img`, `@import`, `\bsrc=`, `\bhref=`, `url\([^#]`} {
		if found := regexp.MustCompile(pattern).FindString(got); found != "" {
			t.Errorf("the page contains %q, which reaches outside of it", found)
		}
	}
	if !strings.Contains(got, "&lt;script&gt;") {
		t.Error("the detail of the first invariant is not escaped, or not shown")
	}
}

func TestWhatWasNotMeasuredIsSaid(t *testing.T) {
	got := render(t, sample(t, "failed"))
	if !strings.Contains(got, `<td class="number">not measured</td>`) {
		t.Error("a missing figure is not said to be missing")
	}
}

func TestAnEmptyRunHasAPage(t *testing.T) {
	got := render(t, &drill.Result{Scenario: "healthy-primary", Outcome: drill.StoodDown, ExpectedOutcome: drill.StoodDown})
	if !strings.Contains(got, "Stood-down") || strings.Contains(got, `id="gantt"`) {
		t.Errorf("want a page with the outcome and without a chart, got\n%s", got)
	}
}

func TestFile(t *testing.T) {
	r := sample(t, "recovered")
	path, err := File(filepath.Join(t.TempDir(), "new", "folder"), r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != render(t, r) || filepath.Base(path) != "region-outage-seed-1.html" {
		t.Errorf("%s does not hold the page", path)
	}
}

func TestFileSaysWhereItCouldNotWrite(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := File(taken, sample(t, "recovered")); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("want an error that names %s, got %v", taken, err)
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0s", 0.4: "0.4s", 4: "4s", 9.96: "10s", 59.6: "1m00s", 451: "7m31s", 7500: "2h05m00s", -40: "-40s"} {
		if got := Span(seconds); got != want {
			t.Errorf("Span(%v) = %s, want %s", seconds, got, want)
		}
	}
}

func TestSteps(t *testing.T) {
	got := Steps("Promotion failed. Changed: (1) this at 09:13; (2) that. Next: (1) look (next: there). (2) start again.")
	want := []string{"Promotion failed.", "Changed:", "(1) this at 09:13;", "(2) that.", "Next:", "(1) look (next: there).", "(2) start again."}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Steps(" "); got != nil {
		t.Errorf("got %q for nothing", got)
	}
}

func TestGuide(t *testing.T) {
	guide := NewGuide("failover")
	if got := guide.Text(drill.Event{Kind: "state", Text: "PromoteReplica"}); !strings.HasPrefix(got, "PromoteReplica: Cannot be taken back.") || strings.Count(got, ".") != 1 {
		t.Errorf("got %q", got)
	}
	if got := guide.Text(drill.Event{Kind: "service", Text: "PromoteReplica"}); got != "PromoteReplica" {
		t.Errorf("an event that is no state became %q", got)
	}
	for state, want := range map[string]bool{"JudgeHealth": true, "BeginPromotion": true, "CheckHealth": false, "DatabasePromoted": false, "NoteUnfenced": false, "FailedDirty": false} {
		if got := guide.Minor(drill.Event{Kind: "state", Text: state}); got != want {
			t.Errorf("%s is minor: %v, want %v", state, got, want)
		}
	}
}

func TestWaitingHasItsBar(t *testing.T) {
	r := sample(t, "recovered")
	r.CriticalPath.Waiting = 185
	if page := render(t, r); !strings.Contains(page, "waiting for a person or the replica") {
		t.Error("the time that a person took is not in the chart")
	}
	var total float64
	for _, p := range criticalParts(r.CriticalPath) {
		total += p.seconds
	}
	c := r.CriticalPath
	if want := c.Detection + c.Confirmation + c.Waiting + max(c.Promotion, c.FileSystem, c.TaskStart) + c.Switch + c.TTL + c.Validation; total != want {
		t.Errorf("the bars add up to %.1f s of %.1f s", total, want)
	}
}

func TestAFolderThatCannotBeWrittenIsKnownBefore(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(taken); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("want an error that names %s, got %v", taken, err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if err := Folder(dir); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the trial left %v, %v", left, err)
	}
}

func TestTheCriticalPathOfARestoreIsOnThePage(t *testing.T) {
	r := sample(t, "recovered")
	r.RestorePath = &drill.RestorePath{Seconds: 4927, ObjectiveSeconds: 7200, Total: 4842, Overhead: 85, Ratio: 1.02, Legs: []drill.Leg{{Name: "restore the database", Seconds: 1358}, {Name: "rename a database", Seconds: 714}}}
	text := render(t, r)
	for _, words := range []string{"1.02 times its critical path", "restore the database 22m38s", "possible at best", "68 % of the objective of 2h00m00s"} {
		if !strings.Contains(text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}
