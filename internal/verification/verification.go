// Package verification is what the functions of one verification hand on to each other: the plan, the items of its work
// list, what was answered to each, and where these lie in the bucket.
//
// It reads no object and judges none (package backup does both). It refuses a plan that points anywhere but into a
// verifications folder of its own bucket.
package verification

import (
	"fmt"
	"path"
	"strings"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Plan is a verification that was begun.
type Plan struct {
	Bucket   string       `json:"bucket"`
	Manifest string       `json:"manifest"` // key
	Version  string       `json:"version"`  // version of the manifest, so that every step reads the same one
	Digest   string       `json:"digest"`   // that seals it
	Kind     string       `json:"kind"`
	Depth    backup.Depth `json:"depth"`
	Prefix   string       `json:"prefix"`
	Taken    string       `json:"taken"` // RFC 3339, UTC
	Work     string       `json:"work"`  // folder of this verification, ends with /
	Items    string       `json:"items"` // key of the work list: JSON Lines of Item
	Count    int          `json:"count"` // items in it
	Objects  int          `json:"objects"`
	Bytes    int64        `json:"bytes"`
	Unread   int          `json:"unread"`  // files that the point lacks, since they could not be read when it was made
	Changed  int          `json:"changed"` // objects whose source kept changing while it was read: verified as stored
	Largest  int64        `json:"largest"` // bytes of the largest batch
	Chain    Stretch      `json:"chain"`
	Purpose  string       `json:"purpose,omitempty"` // ForRestore, or ""
}

// ForRestore is the purpose for which the versions of the point alone are judged: a restore reads nothing else, and after an
// attack on the backups something lies on top of all of them and beside them.
const ForRestore = "restore"

// Stretch is the part of the chain of manifests that is looked at.
type Stretch struct {
	From   string `json:"from"`   // RFC 3339, UTC, both included
	To     string `json:"to"`     // the point that is verified, or the one after it, which says what it was
	Newest string `json:"newest"` // digest of the last point in it that was proven before; "" for none
	Points int    `json:"points"` // manifests that are there
}

// Item is one line of the work list: a batch of objects, or some manifests of the chain.
type Item struct {
	Number int           `json:"item"` // from 1
	Work   string        `json:"work"`
	Kind   string        `json:"kind"`
	Depth  backup.Depth  `json:"depth"`
	Batch  *backup.Batch `json:"batch,omitempty"`
	Links  []string      `json:"links,omitempty"` // keys, oldest first
}

// Answer is what the state machine carries of an item that was read. What was found lies in the bucket: a batch of a
// thousand objects may have more to say than the 256 KiB of a state's output.
type Answer struct {
	Item     int          `json:"item"`
	Tally    backup.Tally `json:"tally"`
	Findings int          `json:"findings"` // how many AnswerKey has
}

// Details is what lies at AnswerKey.
type Details struct {
	Findings []backup.Finding `json:"findings"`
	Links    []backup.Link    `json:"links"` // of an item with links: all of them
}

// AnswerKey is where the details of an item lie.
func AnswerKey(work string, item int) string { return fmt.Sprintf("%sanswers/%06d.json", work, item) }

// ExtrasKey is where the search for what lies beside the point lies: a backup.Sweep.
func (p Plan) ExtrasKey() string { return p.Work + "extras.json" }

// ReportKey is where the report of a verification lies.
func (p Plan) ReportKey() string { return p.Work + "report.json" }

// WorkOf is the folder of an execution's verification, by the day of the point. It is not beside the point: what lies there
// goes after a month, by a rule that knows nothing but the prefix.
func WorkOf(manifest, execution string) (string, error) {
	const op = "plan a verification"
	day, _, found := strings.Cut(manifest, "manifests/")
	switch {
	case execution == "" || strings.ContainsAny(execution, "/\\"):
		return "", failure.New(failure.InvalidInput, op, "execution %q cannot name a folder", execution)
	case !found:
		return "", failure.New(failure.InvalidInput, op, "%q is not below a manifests/ folder", manifest)
	}
	return retention.Verifications + day + execution + "/", nil
}

// Ours refuses a folder that no plan made.
func Ours(work string) error {
	if !strings.HasPrefix(work, retention.Verifications) || path.Clean(work)+"/" != work {
		return failure.New(failure.InvalidInput, "verify a backup", "the plan works in %q, which is no verifications folder", work)
	}
	return nil
}
