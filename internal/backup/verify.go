package backup

import (
	"context"
	"errors"
	"io"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// Report is what the verification of one point found.
type Report struct {
	Plan     Plan      `json:"plan"` // without a work list
	Tally    Tally     `json:"tally"`
	Findings []Finding `json:"findings"` // what did not pass, in the order of keys, extras last
	Changed  []string  `json:"changed"`  // keys whose source kept changing while it was read: verified as stored, of no one moment
}

// Good tells whether everything passed and nothing is lacking.
func (r Report) Good() bool { return r.Tally.Good() && r.Plan.Unread == 0 }

// Verify verifies a whole point in one process: every object of its manifest, and what lies beside them unlisted. Memory
// does not depend on how many objects there are or how large they are, but on the findings.
func Verify(ctx context.Context, store Store, key string, options CheckOptions) (Report, error) {
	version, err := store.Version(ctx, key)
	if err != nil {
		return Report{}, err
	}
	reader, err := store.Manifest(ctx, key, version)
	if err != nil {
		return Report{}, err
	}
	report := Report{Plan: Plan{Manifest: key, Version: version, Kind: reader.Header.Kind, Prefix: reader.Header.Prefix, Taken: reader.Header.Taken, Depth: options.Depth}}
	c := newChecker(ctx, store, options)
	report.Tally, report.Findings, err = c.close(c.all(reader, &report))
	if err != nil {
		return Report{}, store.altered(key, err)
	}
	seal := reader.Seal
	report.Plan.Objects, report.Plan.Bytes, report.Plan.Digest, report.Plan.Unread = seal.Objects, seal.Bytes, seal.Digest, seal.Unread
	sweep, err := Extras(ctx, store, key, version, Sweep{}, nil)
	if err != nil {
		return Report{}, err
	}
	known := map[string]bool{}
	for _, f := range report.Findings {
		known[f.Key] = true
	}
	for _, f := range sweep.Findings() {
		if !known[f.Key] {
			report.Findings = append(report.Findings, f)
			report.Tally.count(f.Verdict)
			if f.Verdict != Extra { // its bytes are right, and who restores by key would miss it
				report.Tally.Pass--
			}
		}
	}
	return report, nil
}

func (c *checker) all(reader *manifest.Reader, report *Report) error {
	for {
		o, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if o.Changed {
			report.Changed = append(report.Changed, o.Key)
		}
		if err := c.add(o, 0, len(o.Parts)); err != nil {
			return err
		}
	}
}
