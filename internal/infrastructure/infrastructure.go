// Package infrastructure is what a recovery point of kind infrastructure says: which commit was deployed, with which templates
// and parameters, and which images run.
//
// It is the document that a restore of the whole system begins with, and the way to find the newest one. It reads no stack and
// no repository, and it refuses a document that names no commit: a deployment that cannot be made again is no recovery point.
package infrastructure

import (
	"encoding/json"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// File is the document's path in the recovery point.
const File = "deployment.json"

// CommitOutput is the output that every stack has: the full hash of the commit that it was deployed from. It is no tag, since
// CloudFormation puts a stack's tags on all its resources, and no parameter, since a deployment keeps a parameter's last value:
// https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html
const CommitOutput = "Commit"

// Deployment is what runs, and what it was made from. Paths are below the folder of the point, where manifest objects lie
// too: the key of one is the manifest's prefix and the path.
type Deployment struct {
	Commit        string    `json:"commit"`        // full hash, as the stacks' outputs say
	Repository    string    `json:"repository"`    // URL that the commit was read from
	Archive       string    `json:"archive"`       // path of the archive, a gzipped tar file with the folder of Folder in it
	ArchiveSHA256 string    `json:"archiveSha256"` // hex, of the archive's bytes
	TakenAt       string    `json:"takenAt"`       // RFC 3339, UTC
	Stacks        []Stack   `json:"stacks"`        // of both regions, ordered by region and name
	Services      []Service `json:"services"`      // of both regions, ordered by region and name
	Unread        []Unread  `json:"unread"`        // what could not be read: a document with such is not complete
}

// Stack is a CloudFormation stack as it is deployed.
type Stack struct {
	Name       string            `json:"name"`
	Region     string            `json:"region"`
	Template   string            `json:"template"` // path of the template, as it was given to CloudFormation
	Parameters map[string]string `json:"parameters"`
	Status     string            `json:"status"`  // CloudFormation's: UPDATE_COMPLETE
	Commit     string            `json:"commit"`  // of this stack; it differs from the Deployment's while a deployment is under way
	Changed    string            `json:"changed"` // last deployment: RFC 3339, UTC
}

// Service is an ECS service as it is deployed.
type Service struct {
	Service        string          `json:"service"` // name in its cluster
	Region         string          `json:"region"`
	TaskDefinition string          `json:"taskDefinition"` // family:revision
	Definition     json.RawMessage `json:"definition"`     // as ECS describes it, with the names of the SDK's types.TaskDefinition
	Images         []Image         `json:"images"`         // one for each container, in the order of the definition
}

// Image is what a container runs. A tag can be moved to other bytes; the digest cannot.
type Image struct {
	Container string `json:"container"`
	Image     string `json:"image"` // repository@sha256:digest
}

// Unread is a region of which something is not known.
type Unread struct {
	Region string `json:"region"`
	Why    string `json:"why"`
}

// ArchiveName is the name of a day's archive.
func ArchiveName(taken time.Time) string { return Folder(taken) + ".tar.gz" }

// Folder is the folder in the archive that everything is in.
func Folder(taken time.Time) string { return "acso-infrastructure-" + taken.UTC().Format("20060102") }

// TemplatePath is where the template of a stack lies in the point.
func TemplatePath(region, stack string) string { return "templates/" + region + "/" + stack + ".json" }

// Marshal writes a document.
func Marshal(d Deployment) ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// Parse reads a document. One without a commit or an archive is refused with failure.Failed.
func Parse(text []byte) (Deployment, error) {
	var d Deployment
	if err := json.Unmarshal(text, &d); err != nil {
		return d, failure.New(failure.Failed, "read "+File, "%w", err).Next("verify the recovery point; an older one may be whole")
	}
	if d.Commit == "" || d.Archive == "" {
		return d, failure.New(failure.Failed, "read "+File, "it names no commit or no archive").Next("use an older recovery point, and find out who wrote this one")
	}
	return d, nil
}
