// Package restoretest is what the steps of a restore as a test share: the throwaway names, the tag, and the refusal of
// everything else.
//
// It touches nothing. Every name derives from the execution, so that whoever knows the execution finds all that it made;
// a name without the prefix of tests is refused, whoever asks, so that no input can aim a test at production.
package restoretest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
)

// Tag carries the ARN of the execution that made something.
const Tag = "acso:restoretest"

// From says what a database is restored from.
type From string

// The sources of a database.
const (
	Snapshot From = "snapshot" // the newest verified manual snapshot
	Moment   From = "moment"   // the newest moment that the automated backups hold
)

// Kinds are the kinds whose newest verified point is restored object by object, in the order in which they are planned.
func Kinds() []string { return []string{"application-data", "configuration", "infrastructure"} }

// Plan is what a test restores, decided before anything is made.
type Plan struct {
	Name      string     `json:"name"` // begins every throwaway name
	Region    string     `json:"region"`
	Databases []Database `json:"databases"`
	Points    []Point    `json:"points"`
	Missing   []string   `json:"missing"` // kinds without a verified point: the test fails for them
	Planned   time.Time  `json:"planned"` // UTC
}

// Database is one throwaway instance and what it is made from.
type Database struct {
	From     From      `json:"from"`
	Instance string    `json:"instance"`           // throwaway name
	Snapshot string    `json:"snapshot,omitempty"` // identifier, for From snapshot
	Moment   time.Time `json:"moment"`             // what it has to hold, UTC
	Verified string    `json:"verified"`           // pass, or unknown: RDS lets nobody look into its automated backups
}

// Point is a recovery point in the backup bucket.
type Point struct {
	Kind     string    `json:"kind"`
	Manifest string    `json:"manifest"` // key
	Taken    time.Time `json:"taken"`    // UTC
	Verified time.Time `json:"verified"` // when it was last proven, UTC
	Depth    string    `json:"depth"`    // of that proof
}

// digits of the execution's digest: 48 bits keep two tests apart, and names below the 63 characters of RDS.
const digits = 12

// Name begins every name that an execution makes something under.
func Name(e *environment.Environment, execution string) string {
	sum := sha256.Sum256([]byte(execution))
	return e.RestoreTest() + "-" + hex.EncodeToString(sum[:])[:digits]
}

// Instance is the throwaway instance of an execution that is made from a source.
func Instance(e *environment.Environment, execution string, from From) string {
	return Name(e, execution) + "-" + string(from)
}

// Snapshots are the ARN patterns of the snapshots that backups of an environment made, in a region. They are named after the
// database that they are of, and a copy after that of the other region.
func Snapshots(e *environment.Environment, region string) []string {
	pattern := func(database string) string {
		return "arn:aws:rds:" + region + ":" + e.Account + ":snapshot:" + database + "-*"
	}
	if strings.HasPrefix(e.Database.Replica, e.Database.Identifier+"-") {
		return []string{pattern(e.Database.Identifier)} // which covers both
	}
	return []string{pattern(e.Database.Identifier), pattern(e.Database.Replica)}
}

// Parameters is the path below which an execution puts throwaway parameters.
func Parameters(e *environment.Environment, execution string) string { return "/" + Name(e, execution) }

// Folder is the folder of an execution in the throwaway bucket.
func Folder(e *environment.Environment, execution string) string { return Name(e, execution) + "/" }

// machine is the one whose executions are tests.
const machine = "test-restore"

// Check refuses an execution that is no test of this environment in this region: names would derive from anything else
// just as well.
func Check(e *environment.Environment, region, execution string) error {
	want := "arn:aws:states:" + region + ":" + e.Account + ":execution:" + e.MachineName(machine) + ":"
	if !strings.HasPrefix(execution, want) || len(execution) == len(want) {
		return failure.New(failure.InvalidInput, "act for a restore test", "execution %q is none of %s in %s", execution, e.MachineName(machine), region).
			Next("give the ARN of an execution of %s", e.MachineName(machine))
	}
	return nil
}

// Own refuses a name that is not the one that an execution makes: production's names above all.
func Own(e *environment.Environment, execution, name string) error {
	prefix := Name(e, execution)
	for _, from := range []From{Snapshot, Moment} {
		if name == Instance(e, execution, from) {
			return nil
		}
	}
	return failure.New(failure.Unsafe, "touch "+name, "a test touches nothing but what it made, and that begins with %s", prefix).
		Next("never give a restore test a name of production")
}

// Has tells whether a source is one of a plan's.
func (p Plan) Has(from From) bool {
	return slices.ContainsFunc(p.Databases, func(d Database) bool { return d.From == from })
}
