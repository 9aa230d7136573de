package review

import (
	_ "embed"
	"fmt"
	"html"
	"strconv"
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
		fmt.Fprintf(&text, "| %s | %s | %d | %s | %s |\n", t.Role, t.since(), t.Messages, t.Channels, cell(t.Trouble))
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

//go:embed style.html
var style string

// HTML is the review as one page that loads nothing. It is written without html/template, whose calls by name make the linker
// keep every method of every client: the function's package would be twice as large as it may be.
func (v Review) HTML() string {
	p := &page{}
	p.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	p.element("title", v.Title)
	p.markup(style + "</head>\n<body>\n")
	p.element("h1", v.Title)
	p.element("p", v.Outcome)
	p.list("Root cause", v.RootCause)
	p.list("Impact", v.Impact)
	timeline := [][]string{{"time", "what"}}
	for _, line := range v.Timeline {
		timeline = append(timeline, []string{clock(line.At), line.What})
	}
	p.table("Timeline", timeline, nil)
	phases, verdicts := [][]string{{"phase", "took", "budget", ""}}, []string{}
	for _, phase := range v.Phases {
		phases, verdicts = append(phases, []string{phase.Name, phase.Took, phase.Budget, string(phase.Verdict)}), append(verdicts, string(phase.Verdict))
	}
	p.table("Against the budget", phases, verdicts)
	p.list("What worked", v.Worked)
	p.list("What was slow", v.Slow)
	p.list("What was done by hand", v.ByHand)
	p.list("What should be better", v.Lessons)
	p.list("Follow-ups", v.FollowUps)
	told := [][]string{{"role", "first", "messages", "by", "trouble"}}
	for _, t := range v.Told {
		told = append(told, []string{t.Role, t.since(), strconv.Itoa(t.Messages), t.Channels, t.Trouble})
	}
	p.table("Who was told", told, nil)
	p.element("h2", "Checklist of a major disaster")
	p.markup("<ul class=\"checklist\">\n")
	for _, item := range v.Checklist {
		tick, when := "☐", ""
		if item.Done {
			tick, when = "☑", clock(item.At)+", "
		}
		p.element("li", fmt.Sprintf("%s %s: %s%s", tick, item.Text, when, item.Evidence))
	}
	p.markup("</ul>\n</body>\n</html>\n")
	return p.String()
}

// page is an HTML page that is being written. What people wrote goes through element only, which escapes it.
type page struct{ strings.Builder }

func (p *page) markup(text string) { _, _ = p.WriteString(text) }

func (p *page) element(name, text string) {
	fmt.Fprintf(p, "<%s>%s</%s>\n", name, html.EscapeString(text), name)
}

func (p *page) list(title string, lines []string) {
	p.element("h2", title)
	if len(lines) == 0 {
		p.markup("<p class=\"none\">Nothing is in the record.</p>\n")
		return
	}
	p.markup("<ul>\n")
	for _, line := range lines {
		p.element("li", line)
	}
	p.markup("</ul>\n")
}

// table writes rows below their heads; classes are those of the rows' last cells, nil for none.
func (p *page) table(title string, rows [][]string, classes []string) {
	p.element("h2", title)
	p.markup("<table>\n")
	for i, row := range rows {
		p.markup("<tr>")
		for n, text := range row {
			switch {
			case i == 0:
				p.markup("<th>" + html.EscapeString(text) + "</th>")
			case classes != nil && n == len(row)-1:
				p.markup("<td class=\"" + html.EscapeString(classes[i-1]) + "\">" + html.EscapeString(text) + "</td>")
			default:
				p.markup("<td>" + html.EscapeString(text) + "</td>")
			}
		}
		p.markup("</tr>\n")
	}
	p.markup("</table>\n")
}
