// Package rebuild is what the steps of a restore of the whole system share: the plan, and the reading of what was deployed.
//
// It touches nothing and asks its own region alone: the other one may be what was lost.
package rebuild

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Tag carries the ARN of the execution that made a database.
const Tag = "acso:rebuild"

// Plan is what a restore of the whole system would do, decided before anything is touched.
type Plan struct {
	Project        string     `json:"project"` // CodeBuild project that deploys
	Region         string     `json:"region"`
	At             time.Time  `json:"at"`        // nothing newer than this is restored, UTC
	Now            time.Time  `json:"now"`       // when the plan was made, UTC
	Snapshots      []Snapshot `json:"snapshots"` // the newest first; each stands in for the one before it
	Data           Point      `json:"data"`
	Configuration  Point      `json:"configuration"`
	Infrastructure Point      `json:"infrastructure"`
	Deployment     Deployment `json:"deployment"`
	Passed         []string   `json:"passed"` // newer points that are not used, and why
	Steps          []Step     `json:"steps"`
	ControlPlanes  []string   `json:"controlPlanes"` // what needs an answer of a control plane in us-east-1
	Active         string     `json:"active"`        // region that clients are sent to now, as far as this region knows
	Summary        string     `json:"summary"`
}

// Snapshot is one that the database can be made from.
type Snapshot struct {
	Snapshot    string    `json:"snapshot"`
	Taken       time.Time `json:"taken"`       // UTC
	LossSeconds float64   `json:"lossSeconds"` // of work that is given up, if nobody wrote after now
	Verified    string    `json:"verified"`    // copied or restored; an unverified one is not in the plan
}

// Point is a recovery point in the region's backup bucket.
type Point struct {
	Kind        string    `json:"kind"`
	Manifest    string    `json:"manifest"`    // key
	Taken       time.Time `json:"taken"`       // UTC
	LossSeconds float64   `json:"lossSeconds"` // as above
	Verified    string    `json:"verified"`    // depth of the proof
}

// Deployment is what is deployed again.
type Deployment struct {
	Commit        string `json:"commit"`
	Archive       string `json:"archive"`       // key in the backup bucket
	Version       string `json:"version"`       // of the archive's object
	ArchiveSHA256 string `json:"archiveSha256"` // hex, as the document states it
	TakenAt       string `json:"takenAt"`       // RFC 3339, UTC
}

// Step is one step, how long it takes, and what it leans on.
type Step struct {
	Name        string `json:"name"`
	LowSeconds  int    `json:"lowSeconds"`
	HighSeconds int    `json:"highSeconds"`
	Parallel    bool   `json:"parallel"` // with the steps beside it that are so
	Source      string `json:"source"`
	NeedsEast   string `json:"needsUsEast1"` // the control plane in us-east-1 that it takes; "" for none
	Begins      string `json:"begins"`       // the states of the machine between whose first visits it lies
	Ends        string `json:"ends"`
}

// Stored is an object of a recovery point in the version that its manifest lists.
type Stored struct {
	Key, Version, SHA256 string
}

// Open reads the manifest of an infrastructure point and its document, and finds the archive.
func Open(ctx context.Context, client *s3.Client, bucket, key string) (infrastructure.Deployment, Stored, error) {
	op := "read manifest s3://" + bucket + "/" + key
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return infrastructure.Deployment{}, Stored{}, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	objects := map[string]Stored{}
	reader, err := manifest.NewReader(out.Body)
	for err == nil {
		var o manifest.Object
		if o, err = reader.Next(); err == nil {
			objects[strings.TrimPrefix(o.Key, reader.Header.Prefix)] = Stored{o.Key, o.VersionID, o.SHA256}
		}
	}
	if !errors.Is(err, io.EOF) {
		return infrastructure.Deployment{}, Stored{}, failure.New(failure.Failed, op, "%w", err).Next("treat this recovery point as lost and use the one before it")
	}
	document, known := objects[infrastructure.File]
	if !known {
		return infrastructure.Deployment{}, Stored{}, failure.New(failure.Failed, op, "it lists no %s", infrastructure.File)
	}
	text, err := read(ctx, client, bucket, document)
	if err != nil {
		return infrastructure.Deployment{}, Stored{}, err
	}
	deployment, err := infrastructure.Parse(text)
	if err != nil {
		return deployment, Stored{}, err
	}
	archive, known := objects[deployment.Archive]
	if !known || archive.SHA256 != deployment.ArchiveSHA256 {
		return deployment, archive, failure.New(failure.Failed, op, "archive %s is not the one of the deployed commit %.12s: manifest and %s state two digests", deployment.Archive, deployment.Commit, infrastructure.File).
			Next("treat this recovery point as lost and use the one before it")
	}
	return deployment, archive, nil
}

func read(ctx context.Context, client *s3.Client, bucket string, o Stored) ([]byte, error) {
	op := "read s3://" + bucket + "/" + o.Key
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.Key), VersionId: aws.String(o.Version)})
	if err != nil {
		return nil, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	text, err := io.ReadAll(out.Body)
	return text, failure.FromAWS(err, "%s", op)
}

// Of are the recorded services of a region, in the order of the environment's tiers.
func Of(d infrastructure.Deployment, e *environment.Environment, region string, tier environment.Tier) []infrastructure.Service {
	var list []infrastructure.Service
	for _, s := range e.Services {
		for _, recorded := range d.Services {
			if recorded.Region == region && recorded.Service == e.Service(region, s.Name) && (tier == "" || s.Tier == tier) {
				list = append(list, recorded)
			}
		}
	}
	return list
}

// Change is how a record names the making of a region's database from a snapshot.
func Change(region, name, snapshot string) string {
	return made(region) + name + " was made from snapshot " + snapshot
}

func made(region string) string { return region + ": database " }

// Made is the change by which an incident made the region's database, and that is outstanding; "" for none.
func Made(i incident.Incident, region string) string {
	for _, change := range i.Outstanding() {
		if strings.HasPrefix(change.What, made(region)) {
			return change.What
		}
	}
	return ""
}
