// Package sighting says where a figure of AWS's was read that is written down here, and from when the page is.
//
// It looks nothing up. A figure without a sighting was not confirmed by anybody, and the zero Sighting says so.
package sighting

import (
	"fmt"
	"net/url"
	"strings"
)

// Sighting is a page on which a figure was seen, as it is written down here.
type Sighting struct {
	Page  string // its address
	Dated string // the page's own date, 2026-06-13, 2026-06 or 2026; "" when it has none
}

// Made tells whether the figure was seen anywhere.
func (s Sighting) Made() bool { return s.Page != "" }

// official tells whether the page is AWS's own.
func (s Sighting) official() bool {
	at, err := url.Parse(s.Page)
	if err != nil {
		return false
	}
	return at.Hostname() == "aws.amazon.com" || at.Hostname() == "docs.aws.amazon.com" || at.Hostname() == "github.com" && strings.HasPrefix(at.Path, "/awsdocs/")
}

// String is the sighting for a table in Markdown: whose page, with a link, and its date.
func (s Sighting) String() string {
	if !s.Made() {
		return "**not confirmed**"
	}
	whose, dated := "others", "undated"
	if s.official() {
		whose = "AWS"
	}
	if s.Dated != "" {
		dated = s.Dated
	}
	return fmt.Sprintf("[%s](%s), %s", whose, s.Page, dated)
}
