// Package restore is what the steps of a restore share: the plan, the names, and how long things take.
//
// It touches nothing. It refuses names that RDS would refuse, before anything is stopped for them.
package restore

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/failure"
)

// Tag carries the ARN of the execution that made an instance; KeptTag the one that replaced it.
const (
	Tag     = "acso:restore"
	KeptTag = "acso:replaced-by"
)

// Mode says where the restored data go.
type Mode string

// The modes.
const (
	Replace Mode = "replace" // in the place of what is there, which is kept under another name
	Beside  Mode = "beside"  // under a name of its own; nothing that is there is touched
)

// Part is one thing that can be restored.
type Part string

// The parts, in the order in which a plan names them.
const (
	Database      Part = "database"
	Data          Part = "data"
	Configuration Part = "configuration"
)

// Parts are all of them.
func Parts() []Part { return []Part{Database, Data, Configuration} }

// Plan is what a restore would do, decided before anything is touched.
type Plan struct {
	Region        string    `json:"region"`
	Mode          Mode      `json:"mode"`
	To            time.Time `json:"to"`  // UTC
	Now           time.Time `json:"now"` // when the plan was made, UTC
	Parts         []Source  `json:"parts"`
	NeedsApproval bool      `json:"needsApproval"`
	Why           string    `json:"why"`      // why it needs approval, or why not
	Title         string    `json:"title"`    // what is restored, in a few words
	Database      bool      `json:"database"` // is restored
	Data          *Point    `json:"data"`     // from what application data are restored; null when they are not
	Configuration *Point    `json:"configuration"`
	Verify        []Point   `json:"verify"`      // the points of both: they are read once more before they are used
	Folder        string    `json:"folder"`      // of data and configuration that are restored beside what is there; live in place
	Live          string    `json:"live"`        // the name that services connect to
	Instance      string    `json:"instance"`    // DbiResourceId of what carries it now
	Restored      string    `json:"restored"`    // name of the restored instance, until it is put in place
	Kept          string    `json:"kept"`        // name that the old instance is kept under; "" beside
	KeptReplica   string    `json:"keptReplica"` // name that the old replica is kept under; "" beside
	Steps         []Step    `json:"steps"`
	// Hidden are manifests and verdicts of these points that somebody wrote over or deleted; the versions below are used.
	Hidden  []catalog.Hidden `json:"hidden"`
	Summary string           `json:"summary"`
}

// Source is what serves a part, and what restoring it costs.
type Source struct {
	Part        Part      `json:"part"`
	From        string    `json:"from"`
	Earliest    time.Time `json:"earliest"`
	Latest      time.Time `json:"latest"`
	LossSeconds float64   `json:"lossSeconds"` // of work that is given up, if everything stopped now; it grows until it does
	Verified    string    `json:"verified"`    // pass, fail or unknown
	Skipped     []string  `json:"skipped"`     // newer points that were not taken, and why
}

// Point is a recovery point of this project that serves a part.
type Point struct {
	Kind     string    `json:"kind"`
	Manifest string    `json:"manifest"` // key
	Taken    time.Time `json:"taken"`    // UTC
	Depth    string    `json:"depth"`    // of its verification
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	To       string    `json:"to,omitempty"` // of application data: files or bucket
}

// longest is what RDS lets an identifier be, in characters.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
const longest = 63

// Suffix ends the names of what an execution makes: its start (UTC) and eight digits of its name's digest.
func Suffix(execution string, started time.Time) string {
	sum := sha256.Sum256([]byte(execution))
	return started.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(sum[:4])
}

// Name is the name of an instance that belongs to a restore: the database, its part ("restored" or "before"), the suffix.
func Name(database, part, suffix string) (string, error) {
	name := database + "-" + part + "-" + suffix
	if len(name) > longest {
		return "", failure.New(failure.InvalidInput, "name an instance "+name, "RDS takes %d characters and it has %d", longest, len(name)).
			Next("shorten database.identifier and database.replica in the environment file by %d characters", len(name)-longest)
	}
	return name, nil
}

// Broken tells whether a status of an instance does not end by itself.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
func Broken(status string) bool {
	switch status {
	case "failed", "restore-error", "storage-full", "stopped", "inaccessible-encryption-credentials":
		return true
	}
	const incompatible = "incompatible-" // restore, network, parameters, option-group
	return len(status) > len(incompatible) && status[:len(incompatible)] == incompatible
}
