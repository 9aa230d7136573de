package verifychecksums

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/verification"
)

// Report is the evidence of one verification; it is also stored as report.json in its folder.
type Report struct {
	Plan     verification.Plan      `json:"plan"`
	Ended    string                 `json:"ended"`    // RFC 3339, UTC
	Counts   map[backup.Verdict]int `json:"counts"`   // of objects: every verdict, also those that nobody got
	Findings []backup.Finding       `json:"findings"` // the first of what did not pass, by key
	More     int                    `json:"more"`     // findings beyond these; the answers in the folder have them
	Chain    []backup.Link          `json:"chain"`    // points that were removed or altered, or could not be read
	Location string                 `json:"location"` // where the report is stored
}

const (
	// kept is how many findings a report has, so that a bucket that is gone makes no report of a gigabyte.
	kept = 1000
	// named is how many findings the error names.
	named = 20
)

func (h *Handler) report(c *conclusion) *Report {
	r := &Report{
		Plan: c.plan, Ended: h.p.Clock.Now().UTC().Format(time.RFC3339), Location: h.at(c.plan.ReportKey()), Findings: []backup.Finding{}, Chain: []backup.Link{},
		Counts: map[backup.Verdict]int{backup.Pass: c.objects - len(c.verdict), backup.Mismatch: 0, backup.Missing: 0, backup.Extra: 0, backup.Unknown: 0},
	}
	findings := slices.AppendSeq(slices.Clone(c.extras), maps.Values(c.verdict))
	slices.SortFunc(findings, func(a, b backup.Finding) int { return cmp.Compare(a.Key, b.Key) })
	for _, f := range findings {
		r.Counts[f.Verdict]++
	}
	r.Findings = append(r.Findings, findings[:min(kept, len(findings))]...)
	r.More = len(findings) - len(r.Findings)
	return r
}

// whole tells whether the point itself is as it was made, and lacks nothing.
func (r *Report) whole() bool {
	return len(r.Findings) == 0 && r.Plan.Unread == 0 && r.Counts[backup.Pass] == r.Plan.Objects
}

// judged raises whatever is not a pass: an execution must not succeed on it. Its output has no need of the findings, which
// may be more than a state may hand on.
func (r *Report) judged() (*Report, error) {
	if r.whole() && len(r.Chain) == 0 {
		return r, nil
	}
	var lines []string
	for _, l := range r.Chain[:min(named, len(r.Chain))] {
		lines = append(lines, fmt.Sprintf("the chain: %s: %s: %s", l.Verdict, cmp.Or(l.Key, "digest "+l.Digest), shorten(l.Detail)))
	}
	for _, f := range r.Findings[:min(named, len(r.Findings))] {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Verdict, f.Key, shorten(f.Detail)))
	}
	if more := len(r.Chain) + len(r.Findings) + r.More - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	if r.Plan.Unread > 0 {
		lines = append(lines, fmt.Sprintf("the point lacks %d files, which could not be read when it was made", r.Plan.Unread))
	}
	return nil, failure.New(failure.Failed, "verify backup "+r.Plan.Manifest, "%d of %d objects passed; %s", r.Counts[backup.Pass], r.Plan.Objects, strings.Join(lines, "; ")).
		Next("read %s; restore from the recovery point before this one until it is explained", r.Location)
}

// shorten keeps twenty findings within what a Fail state takes as its cause.
func shorten(text string) string {
	const longest = 300
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}
