package mermaid

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Page is the Markdown page of a machine: its comment, its diagram, and a table of its states.
func Page(name string, definition []byte) (string, error) {
	f, err := parse(name, definition)
	if err != nil {
		return "", err
	}
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\n", name)
	fmt.Fprintf(&page, "<!-- Generated from statemachines/%s.asl.json by `go generate ./cmd/drctl`; do not edit. -->\n\n", name)
	if f.Comment != "" {
		fmt.Fprintf(&page, "%s\n\n", f.Comment)
	}
	page.WriteString("```mermaid\nstateDiagram-v2\n")
	draw(&page, f, "  ")
	page.WriteString("```\n\nArrows marked *on* are taken when the state fails with that error. Where many states share such an arrow, a note at its\ntarget stands for all of them.\n\n| State | Type | What it does |\n|---|---|---|\n")
	table(&page, f, "")
	return page.String(), nil
}

func draw(out *strings.Builder, f *flow, indent string) {
	hubs := f.hubs()
	fmt.Fprintf(out, "%s[*] --> %s\n", indent, identifier(f.StartAt))
	for _, name := range f.States.names {
		s, id := f.States.named[name], identifier(name)
		if inner := s.flows(); len(inner) > 0 {
			fmt.Fprintf(out, "%sstate %s {\n", indent, label(name, id))
			for i := range inner {
				if i > 0 {
					fmt.Fprintf(out, "%s  --\n", indent)
				}
				draw(out, &inner[i], indent+"  ")
			}
			fmt.Fprintf(out, "%s}\n", indent)
		} else if id != name {
			fmt.Fprintf(out, "%sstate %s\n", indent, label(name, id))
		}
		s.arrows(out, id, indent, hubs)
	}
	for _, h := range hubs {
		fmt.Fprintf(out, "%snote right of %s: %s\n", indent, identifier(h.to), escape(fmt.Sprintf("%s from %d states", h.text, h.states)))
	}
}

func (s state) arrows(out *strings.Builder, id, indent string, hubs []hub) {
	arrow := func(to, text string) {
		if slices.ContainsFunc(hubs, func(h hub) bool { return identifier(h.to) == to && h.text == text }) {
			return // the note says it
		}
		if text != "" {
			text = ": " + escape(text)
		}
		fmt.Fprintf(out, "%s%s --> %s%s\n", indent, id, to, text)
	}
	for _, c := range s.Choices {
		arrow(identifier(c.Next), condition(c.Condition))
	}
	switch {
	case s.Default != "":
		arrow(identifier(s.Default), otherwise)
	case s.Next != "":
		arrow(identifier(s.Next), "")
	case s.Type == "Fail":
		arrow("[*]", "fails "+expression(s.Error))
	case s.End || s.Type == "Succeed":
		arrow("[*]", "")
	}
	for _, c := range s.Catch {
		arrow(identifier(c.Next), c.label())
	}
}

const otherwise = "otherwise"

func (c catch) label() string { return "on " + strings.Join(c.ErrorEquals, ", ") }

// hub is a state that many others go to for the same reason: a note says so in place of the arrows, which would hide
// the way that things normally take.
type hub struct {
	to, text string
	states   int
}

// crowd is how many arrows of one kind make their target a hub.
const crowd = 4

func (f *flow) hubs() []hub {
	var all []hub
	count := func(to, text string) {
		if i := slices.IndexFunc(all, func(h hub) bool { return h.to == to && h.text == text }); i >= 0 {
			all[i].states++
			return
		}
		all = append(all, hub{to, text, 1})
	}
	for _, name := range f.States.names {
		s := f.States.named[name]
		if s.Default != "" {
			count(s.Default, otherwise)
		}
		for _, c := range s.Catch {
			count(c.Next, c.label())
		}
	}
	return slices.DeleteFunc(all, func(h hub) bool { return h.states < crowd })
}

var word = regexp.MustCompile(`^[A-Za-z]\w*$`)

// identifier is how the diagram names a state: by its name where that is a word.
func identifier(name string) string {
	if word.MatchString(name) {
		return name
	}
	return "s_" + regexp.MustCompile(`\W`).ReplaceAllString(name, "_")
}

func label(name, id string) string {
	if name == id {
		return id
	}
	return fmt.Sprintf("%q as %s", name, id)
}

// expression is what a JSONata string says without its braces.
func expression(text string) string {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "{%"), "%}")
	return strings.Join(strings.Fields(text), " ")
}

// longest is how many characters of a condition an arrow carries; the definition has the rest.
const longest = 60

func condition(value any) string {
	text := expression(fmt.Sprint(value))
	if letters := []rune(text); len(letters) > longest {
		return string(letters[:longest-1]) + "…"
	}
	return text
}

// escape writes what Mermaid would read as its own signs as character references.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strings.ContainsRune("#;:{}<>\"\\[]%&|`~", r) {
			fmt.Fprintf(&out, "#%d;", r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

func table(out *strings.Builder, f *flow, within string) {
	for _, name := range f.States.names {
		s := f.States.named[name]
		comment := strings.ReplaceAll(s.Comment, "|", `\|`)
		if len(s.Retry) > 0 {
			var errors []string
			for _, r := range s.Retry {
				errors = append(errors, r.ErrorEquals...)
			}
			comment += " *Tried again on " + strings.Join(errors, ", ") + ".*"
		}
		fmt.Fprintf(out, "| %s%s | %s | %s |\n", within, name, s.Type, strings.TrimSpace(comment))
		inner := s.flows()
		for i := range inner {
			table(out, &inner[i], within+name+" › ")
		}
	}
}
