package console

import (
	"fmt"
	"strings"
	"time"
)

// Backup is one recovery point of the table, and of --json.
type Backup struct {
	Kind       string     `json:"kind"`
	ID         string     `json:"id"` // key of the manifest, or identifier of the snapshot
	Taken      time.Time  `json:"taken"`
	AgeSeconds float64    `json:"ageSeconds"`
	Bytes      int64      `json:"bytes"`
	Objects    int        `json:"objects"`           // 0 for snapshots
	Verified   *time.Time `json:"verified"`          // when it last passed; null when never or when it failed since
	Depth      string     `json:"depth"`             // how deeply; "" when not verified
	Failed     *time.Time `json:"failed"`            // when its last verification failed; null when it did not
	Regions    []string   `json:"regions,omitempty"` // of a snapshot: where it is available
	KeptUntil  *time.Time `json:"keptUntil"`         // null when no end is in sight
	Why        string     `json:"why"`               // the rule that keeps it
}

// Age is how old the newest verified point of a kind is; Newest is nil when there is none.
type Age struct {
	Kind   string
	Newest *time.Duration
	Limit  time.Duration
}

func (a Age) tooOld() bool { return a.Newest == nil || *a.Newest > a.Limit }

// Backups are recovery points, newest first within each kind, and the ages that matter.
type Backups struct {
	Points []Backup
	Ages   []Age
	// Unasked says which region did not answer, and what is not known for that; "" when both did.
	Unasked string
}

// TooOld tells whether a kind has no verified point within its limit.
func (b Backups) TooOld() bool {
	for _, a := range b.Ages {
		if a.tooOld() {
			return true
		}
	}
	return false
}

// Backups prints the table of recovery points and, below it, the recovery point that each kind has now.
func (s Screen) Backups(table Backups) error {
	l := s.begin()
	rows := [][]string{{"Kind", "Taken (UTC)", "Age", "Size", "Verified", "Kept until"}}
	for _, p := range table.Points {
		rows = append(rows, []string{p.Kind, p.Taken.Format("2006-01-02 15:04"), age(time.Duration(p.AgeSeconds * float64(time.Second))), size(p.Bytes), proof(p), kept(p)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], visible(cell))
		}
	}
	for n, row := range rows {
		line := ""
		for i, cell := range row {
			switch i {
			case 2, 3: // numbers
				line += padLeft(cell, widths[i]) + "  "
			default:
				line += pad(cell, widths[i]) + "  "
			}
		}
		if n == 0 {
			line = l.paint(bold, strings.TrimRight(line, " "))
		}
		l.add(line)
	}
	if len(table.Points) == 0 {
		l.add("There is none.")
	}
	if table.Unasked != "" {
		l.add()
		l.wrapped("Unknown: ", table.Unasked, red)
	}
	l.ages(table.Ages)
	return l.flush()
}

func (l *lines) ages(all []Age) {
	if len(all) == 0 {
		return
	}
	l.add()
	l.add(l.paint(bold, "Newest verified recovery point"))
	for _, a := range all {
		text, verdict := "there is none", l.paint(red, "fail")
		if a.Newest != nil {
			text = age(*a.Newest) + " old"
		}
		if !a.tooOld() {
			verdict = l.paint(green, "pass")
		}
		l.add("  ", verdict, "  ", pad(a.Kind, 16), "  ", text, ", limit ", age(a.Limit))
	}
}

func proof(p Backup) string {
	switch {
	case p.Failed != nil:
		return "FAILED " + near(*p.Failed, p.Taken)
	case p.Verified == nil:
		return "no"
	}
	return p.Depth + " " + near(*p.Verified, p.Taken)
}

// near leaves out the date where it is that of the row.
func near(t, row time.Time) string {
	if t.Format(time.DateOnly) == row.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format(time.DateOnly)
}

func kept(p Backup) string {
	if p.KeptUntil == nil {
		return "no end, " + p.Why
	}
	return p.KeptUntil.Format(time.DateOnly) + ", " + p.Why
}

// age is a duration in its two largest units.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

// size is a number of bytes in binary units.
func size(bytes int64) string {
	if bytes < 1<<10 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		if value /= 1 << 10; value < 1<<10 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
