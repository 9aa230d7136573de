// Package report writes what a drill found as one HTML page that stands alone.
//
// The page loads nothing: no script, no font, no image from elsewhere, so that it can be attached to an incident
// review and read years later. It judges nothing either: every verdict in it is the drill's, and a figure that was
// not measured is said to be missing, never drawn as zero.
package report

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/acso/disaster-recovery/lab/drill"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var styleText string

// Write writes the page.
func Write(w io.Writer, r *drill.Result) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("parse the report's template: %w", err)
	}
	if err := page.Execute(w, newPage(r)); err != nil {
		return fmt.Errorf("write the report of %s: %w", r.Scenario, err)
	}
	return nil
}

// Folder makes dir when it is missing, and tells whether a page can be written into it.
func Folder(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make the report folder: %w", err)
	}
	trial, err := os.CreateTemp(dir, ".drctl-*")
	if err != nil {
		return fmt.Errorf("write into the report folder: %w", err)
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// File writes the page into dir, which is made when it is missing, and gives the file's path. The name tells
// scenario and seed, so that the same run replaces its own report and no other.
func File(dir string, r *drill.Result) (path string, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("make the report folder: %w", err)
	}
	path = filepath.Join(dir, fmt.Sprintf("%s-seed-%d.html", r.Scenario, r.Seed))
	var text strings.Builder
	if err := Write(&text, r); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	return path, nil
}
