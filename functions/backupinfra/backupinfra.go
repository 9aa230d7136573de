// Package backupinfra keeps what is deployed: an archive of the commit, the templates and parameters of the stacks, and the
// task definitions of the services with the digests of their images, all of it in both regions.
//
// It refuses an archive that is not the commit's tree, file by file, and it refuses to guess a commit: stacks that do not say which one they were deployed from are a failure, and so is one that the
// repository does not have. A region that does not answer is named in the recovery point and in the answer, since a point
// without it is not all that it should be. It changes nothing that is deployed.
package backupinfra

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = slices.Clone(recoverypoint.Errors)

// Input is empty: what is deployed says all.
type Input struct{}

// Output is the point.
type Output struct {
	Point  recoverypoint.Point     `json:"point"`
	Commit string                  `json:"commit"`
	Known  bool                    `json:"known"`  // a point of this day said the same, and none was added
	Unread []infrastructure.Unread `json:"unread"` // what the point lacks
}

// Handler keeps what is deployed.
type Handler struct{ p platform.Platform }

// New makes the handler. The platform has to have Sources.
func New(p platform.Platform) *Handler { return &Handler{p: p} }

// Grants is what it may do: read the stacks, the services and the images of both regions, and take points.
func Grants(e *environment.Environment, region string) []grant.Grant {
	var templates, services, images []string
	for _, r := range []string{region, e.Pair(region)} {
		templates = append(templates, fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s-*/*", r, e.Account, e.Prefix()))
		services = append(services, fmt.Sprintf("arn:aws:ecs:%s:%s:service/%s/*", r, e.Account, e.Cluster(r)))
		images = append(images, fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s/*", r, e.Account, e.Prefix()))
	}
	bucket := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	grants := append(recoverypoint.Grants(e, region, retention.Infrastructure),
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{bucket + "/*/" + retention.Infrastructure + "/" + infrastructure.File}},
		// Stacks are listed, and their names found out so, only with the right to describe all.
		grant.Grant{Actions: []string{"cloudformation:DescribeStacks", "ecs:DescribeTaskDefinition"}, Resources: []string{"*"}},
		grant.Grant{Actions: []string{"cloudformation:GetTemplate"}, Resources: templates},
		grant.Grant{Actions: []string{"ecs:DescribeServices"}, Resources: services},
		grant.Grant{Actions: []string{"ecr:DescribeImages"}, Resources: images},
	)
	return append(grants, tokenGrants(e, region)...)
}

// Handle takes one point, unless one of this day says the same.
func (h *Handler) Handle(ctx context.Context, _ Input) (Output, error) {
	if err := incident.RequireActive(ctx, h.p, h.op()); err != nil {
		return Output{}, err
	}
	if h.p.Sources == nil {
		return Output{}, failure.New(failure.Internal, h.op(), "the function was built without a repository")
	}
	found, templates, err := h.deployed(ctx)
	if err != nil {
		return Output{}, err
	}
	out := Output{Commit: found.Commit, Unread: found.Unread}
	if out.Point, out.Known, err = h.kept(ctx, found); err != nil || out.Known {
		return out, err
	}
	now := h.p.Clock.Now().UTC()
	var archive bytes.Buffer
	token, err := h.token(ctx)
	if err != nil {
		return out, err
	}
	if err := h.p.Sources.Archive(ctx, token, found.Commit, infrastructure.Folder(now), &archive); err != nil {
		return out, h.noSources(found.Commit, err)
	}
	if _, err := infrastructure.CheckArchive(bytes.NewReader(archive.Bytes()), found.Commit); err != nil {
		return out, failure.New(failure.Failed, h.op(), "what %s gave is not commit %s: %w", h.p.Environment.Sources, found.Commit, err).
			Next("look at the repository; what is not the deployed commit is not kept as such")
	}
	sum := sha256.Sum256(archive.Bytes())
	found.Archive, found.ArchiveSHA256, found.TakenAt = infrastructure.ArchiveName(now), hex.EncodeToString(sum[:]), now.Format(time.RFC3339)
	text, err := infrastructure.Marshal(found)
	if err != nil {
		return out, err
	}
	files := append(templates,
		recoverypoint.Text{Path: found.Archive, Text: archive.Bytes(), Modified: now},
		recoverypoint.Text{Path: infrastructure.File, Text: text, Modified: now})
	// Full: what a point holds is small, and none shall need another.
	out.Point, err = recoverypoint.Take(ctx, h.p, retention.Infrastructure, files, recoverypoint.Options{Full: true})
	return out, err
}

func (h *Handler) op() string { return "back up the infrastructure of " + h.p.Environment.Prefix() }

// kept is the newest point when it is of this day and says what is found now: a deployment changes one stack after the
// other, and each of them starts a backup.
func (h *Handler) kept(ctx context.Context, found infrastructure.Deployment) (recoverypoint.Point, bool, error) {
	point, text, known, err := recoverypoint.Newest(ctx, h.p, retention.Infrastructure, infrastructure.File)
	if err != nil || !known || len(found.Unread) > 0 {
		return recoverypoint.Point{}, false, err
	}
	last, err := infrastructure.Parse(text)
	if err != nil { // an older point that is not whole is no reason to take none
		return recoverypoint.Point{}, false, nil //nolint:nilerr // verify-backup tells of it
	}
	taken, err := time.Parse(time.RFC3339, point.Taken)
	if err != nil || manifest.Day(taken) != manifest.Day(h.p.Clock.Now()) {
		return recoverypoint.Point{}, false, err
	}
	last.Archive, last.ArchiveSHA256, last.TakenAt = "", "", ""
	return point, same(last, found), nil
}

// same compares documents as they are written: the spaces of the task definitions are not theirs.
func same(one, other infrastructure.Deployment) bool {
	a, errA := canonical(one)
	b, errB := canonical(other)
	return errA == nil && errB == nil && reflect.DeepEqual(a, b)
}
