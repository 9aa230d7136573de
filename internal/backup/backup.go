// Package backup makes recovery points and proves them.
//
// A recovery point is a manifest and the versions of objects that it lists. The manifest is written last, with a write
// that S3 refuses when something is there: a run that is killed anywhere leaves no manifest, and the points before it
// whole. Content goes to keys of the day, YYYY/MM/DD/<kind>/<path>; an unchanged file of a point of the same day is
// referred to by its version and not sent again.
//
// It deletes nothing and overwrites nothing: the bucket must have versions, and what a source no longer has is said in
// the manifest. It refuses names that cannot be keys before anything is sent. It starts no goroutine with a concurrency
// of 1, which is what the lab needs, since there each call parks in virtual time. Of folders, the manifest
// keeps the modes and the empty ones; nothing is stored for them.
package backup

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Target is where recovery points of one kind go.
type Target struct {
	Client      *s3.Client
	Bucket      string // with versions
	Environment string
	Kind        string // application-data, configuration, ...: the folder below the day

	Key          string             // KMS key of SSE-KMS; "" leaves it to the bucket
	StorageClass types.StorageClass // "" for the standard class
	Tags         map[string]string  // of every object, for the lifecycle rules
	Retention    Retention          // of every object

	// Unversioned allows a bucket without versions, in which a changed file takes its older points' bytes away. It is for
	// measurements.
	Unversioned bool
}

// Retention is an Object Lock, which needs a bucket that has it enabled. Its zero value leaves it to the bucket.
type Retention struct {
	Mode  types.ObjectLockRetentionMode
	Until time.Time
}

// Options say how a run goes.
type Options struct {
	// Now is when the run begins, UTC: it names the day and the point, to the second.
	Now time.Time
	// Full sends everything. Without it the first run of a day is full too, since a point refers to its own day only.
	Full bool
	// Checksum reads files whose size and time are as before, and compares their content.
	Checksum bool
	// Concurrency is how many files are sent at once; 0 is 1, which starts no goroutine.
	Concurrency int
	// Memory bounds what is held for sending, in bytes; 0 is 40 MiB. A file up to a part is held whole; a part that is
	// larger than the memory, as those of an object above 400 GB are, is sent while it is read, one at a time.
	Memory int64
	// PartSize is the size of a part in bytes, and the size above which a file goes in parts; 0 is 5 MiB, so that many are
	// under way. It grows where an object would have more than 10,000 parts.
	PartSize int64
	// Late tells that time is up: the run stops, leaves a note and gives an *UnfinishedError; nil for never.
	Late func() bool
	// Clock tells the time at which a file is read, where time can be up; needed with Late.
	Clock func() time.Time
	// Resume is the key of a note that an earlier run left, "" for none. Now has to be that run's then: see ParseNote.
	Resume string
}

const (
	defaultMemory   = 40 << 20
	defaultPartSize = 5 << 20
	// smallestPart and mostParts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	smallestPart = 5 << 20
	mostParts    = 10_000
)

// Point is a recovery point that a run made.
type Point struct {
	Manifest string // key
	Version  string // of the manifest
	Digest   string // that seals it
	Previous string // digest of the point before it, "" for the first
	Kind     string
	Taken    time.Time // UTC
	Full     bool      // it refers to nothing that an earlier point stored

	Objects   int      // that it lists
	Bytes     int64    // of them
	Sent      int      // objects that this run stored
	SentBytes int64    // of them
	Deleted   int      // files of the point before that are no more
	Changed   []string // paths that kept changing while they were read: what is stored may be of no one moment
	Unread    []string // paths that could not be read: they are missing
	Distrust  string   // why the point before was not built on, "" when it was or there is none
}

// IncompleteError says that a point was made and lacks files that could not be read.
type IncompleteError struct{ Point Point }

// Error names what is missing.
func (e *IncompleteError) Error() string {
	const most = 5
	names := e.Point.Unread
	text := ""
	if len(names) > most {
		names, text = names[:most], ", ..."
	}
	return "back up to " + e.Point.Manifest + ": the point is incomplete, these could not be read: " + strings.Join(names, ", ") + text
}

func (t Target) check() error {
	switch {
	case t.Client == nil, t.Bucket == "", t.Environment == "":
		return failure.New(failure.InvalidInput, "back up", "a target needs a client, a bucket and an environment: bucket %q, environment %q", t.Bucket, t.Environment)
	case t.Kind == "" || strings.ContainsAny(t.Kind, "/ ") || t.Kind == "manifests":
		return failure.New(failure.InvalidInput, "back up", "kind %q cannot name a folder of backups", t.Kind)
	}
	return nil
}

func (o Options) late() bool { return o.Late != nil && o.Late() }

func (o Options) defaults() (Options, error) {
	if o.Now.IsZero() {
		return o, failure.New(failure.InvalidInput, "back up", "it has to be said what time it is")
	}
	if o.Late != nil && o.Clock == nil {
		return o, failure.New(failure.InvalidInput, "back up", "who can be late needs a clock")
	}
	o.Now = o.Now.UTC().Truncate(time.Second)
	o.Concurrency = max(o.Concurrency, 1)
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.PartSize <= 0 {
		o.PartSize = defaultPartSize
	}
	if o.PartSize < smallestPart {
		return o, failure.New(failure.InvalidInput, "back up", "parts of %d bytes are below %d", o.PartSize, smallestPart)
	}
	return o, nil
}

// Run makes one recovery point.
//
// An *IncompleteError comes with a point that was made. After any other error there is no new point, and the older ones
// are whole: *UnfinishedError asks for another run, and Failed with "another run" means that a point of the same second exists already.
func Run(ctx context.Context, source Source, target Target, options Options) (Point, error) {
	options, err := options.defaults()
	if err != nil {
		return Point{}, err
	}
	if err := target.check(); err != nil {
		return Point{}, err
	}
	files, err := survey(ctx, source, target, options.late)
	if err != nil {
		return Point{}, err
	}
	before, err := newest(ctx, target.Client, target.Bucket, target.Kind, options.Now)
	if err != nil {
		return Point{}, err
	}
	if before.Taken.After(options.Now) || before.Taken.Equal(options.Now) {
		return Point{}, taken(target, before)
	}
	if before.Key != "" && before.Version == "" && !target.Unversioned {
		return Point{}, unversioned(target)
	}
	point, err := attempt(ctx, files, target, options, before)
	if distrust, ok := asDistrust(err); ok {
		// What the point before says cannot be relied on, so this one stands alone.
		options.Full = true
		point, err = attempt(ctx, files, target, options, before)
		point.Distrust = distrust
	}
	if err != nil {
		return Point{}, err
	}
	if len(point.Unread) > 0 {
		return point, &IncompleteError{point}
	}
	return point, nil
}

func unversioned(target Target) error {
	return failure.New(failure.Unsafe, "back up to "+target.Bucket, "the bucket has no versions: what is stored now would take the place of what older points mean").
		Next("enable versioning on the bucket")
}

func taken(target Target, by previous) error {
	return failure.New(failure.Failed, "back up "+target.Kind, "another run made %s, which is as late or later", by.Key).
		Next("nothing is lost; if no other run was meant to go, look at the clocks and the schedule")
}

func prefixOf(target Target, at time.Time) string { return manifest.Day(at) + target.Kind + "/" }
