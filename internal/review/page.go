package review

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

// Markdown is the review as a Markdown page.
func (v Review) Markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n\n%s\n", v.Title, v.Outcome)
	list := func(title string, lines []string) {
		fmt.Fprintf(&text, "\n## %s\n\n", title)
		if len(lines) == 0 {
			text.WriteString("Nothing is in the record.\n")
		}
		for _, line := range lines {
			fmt.Fprintf(&text, "- %s\n", line)
		}
	}
	list("Root cause", v.RootCause)
	list("Impact", v.Impact)
	fmt.Fprintf(&text, "\n## Timeline\n\n| time | what |\n|---|---|\n")
	for _, line := range v.Timeline {
		fmt.Fprintf(&text, "| %s | %s |\n", clock(line.At), cell(line.What))
	}
	fmt.Fprintf(&text, "\n## Against the budget\n\n| phase | took | budget | |\n|---|---:|---:|---|\n")
	for _, p := range v.Phases {
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", p.Name, p.Took, p.Budget, p.Verdict)
	}
	list("What worked", v.Worked)
	list("What was slow", v.Slow)
	list("What was done by hand", v.ByHand)
	list("What should be better", v.Lessons)
	list("Follow-ups", v.FollowUps)
	fmt.Fprintf(&text, "\n## Who was told\n\n| role | first | messages | by | trouble |\n|---|---|---:|---|---|\n")
	for _, t := range v.Told {
		first := "never"
		if !t.First.IsZero() {
			first = clock(t.First)
		}
		fmt.Fprintf(&text, "| %s | %s | %d | %s | %s |\n", t.Role, first, t.Messages, t.Channels, cell(t.Trouble))
	}
	fmt.Fprintf(&text, "\n## Checklist of a major disaster\n\n")
	for _, item := range v.Checklist {
		tick := " "
		when := ""
		if item.Done {
			tick, when = "x", clock(item.At)+", "
		}
		fmt.Fprintf(&text, "- [%s] %s: %s%s\n", tick, item.Text, when, item.Evidence)
	}
	return text.String()
}

// cell makes a text fit for a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", "\\|")
}

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("review").Funcs(template.FuncMap{"clock": clock}).Parse(page))

// HTML is the review as one page that loads nothing.
func (v Review) HTML() (string, error) {
	var text strings.Builder
	if err := pageTemplate.Execute(&text, v); err != nil {
		return "", fmt.Errorf("write the review %q as HTML: %w", v.Title, err)
	}
	return text.String(), nil
}
