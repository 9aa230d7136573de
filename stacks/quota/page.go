package quota

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/stacks/template"
)

// Page is the quotas of a deployment as a Markdown page.
func Page(e *environment.Environment, templates []*template.Template) (string, error) {
	table, rows, err := Rows(e, templates)
	if err != nil {
		return "", err
	}
	var page strings.Builder
	fmt.Fprintf(&page, "# Service quotas that %s needs\n\n", e.Prefix())
	fmt.Fprintf(&page, "Computed from `environments/%s.yaml` and the templates by `drctl quotas`; AWS's defaults as they were written down on %s.\n", e.Name, table.Read)
	page.WriteString("An account may have other quotas than the defaults: `drctl doctor` asks where an API says so, the Service Quotas\nconsole shows the rest by the code in brackets. What is marked **raise** is more than the default: have it raised in\nboth regions before the first deployment, since the recovery region carries everything after a failover.\n\n")
	page.WriteString("*Seen* names the page on which a default was found, AWS's own or others', and that page's date; where it says **not confirmed**, none was.\nThe name of a quota links to where AWS has it now.\n\n")
	fmt.Fprintf(&page, "| Service | Quota | %s | %s | Account | Default | Seen | |\n|---|---|---:|---:|---:|---:|---|---|\n", e.Regions.Primary, e.Regions.Recovery)
	for _, r := range rows {
		verdict := "enough"
		if !r.Enough() {
			verdict = "**raise**"
		}
		name := fmt.Sprintf("[%s](%s)", r.Name, r.Source)
		if r.Code != "" {
			name += " (" + r.Code + ")"
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Service, name,
			r.need(e.Regions.Primary), r.need(e.Regions.Recovery), r.need("account"), grouped(r.Default), r.Seen, verdict)
	}
	page.WriteString("\nHow the needs are computed: snapshots are those of every interval for as long as automated backups are kept, and one a\nday after that; databases include one for a restore test and one for the replica of a failback; vCPUs are those of all\nservices at the largest count that their scaling allows; concurrency is what is reserved, and beyond that either the 100\nthat AWS keeps unreserved or what all state machines call at once, whichever is more; everything else is counted in the\ntemplates.\n")
	return page.String(), nil
}

func (r Row) need(where string) string {
	if !slices.Contains(slices.Collect(maps.Keys(r.Needs)), where) {
		return ""
	}
	return grouped(r.Needs[where])
}

// grouped writes a number with commas.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
