// Package revealpoints brings manifests and verdicts of recovery points back to the top, on which somebody put a delete
// marker or other bytes: after an attack on the backups, what Object Lock kept is there and nobody sees it.
//
// It deletes nothing and takes no version away: the old bytes become the newest version once more, and what lay on top of
// them stays below as evidence. It touches manifests and verdicts only. It judges nothing: verify-backup does, afterwards.
package revealpoints

import (
	"bytes"
	"context"
	_ "embed"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.Failed, failure.Internal}

// Input says what is hidden.
type Input struct {
	Hidden []catalog.Hidden `json:"hidden"`
}

// Output is what was brought back.
type Output struct {
	Revealed []string `json:"revealed"` // keys
}

// Handler works on the backup bucket of its region.
type Handler struct {
	client *s3.Client
	bucket string
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{client: s3.NewFromConfig(p.AWS), bucket: recoverypoint.Bucket(p.Environment, p.Region())}
}

// Grants is what it may do: read any version of manifests and verdicts, and write them.
func Grants(e *environment.Environment, region string) []grant.Grant {
	bucket := "arn:aws:s3:::" + recoverypoint.Bucket(e, region)
	named := []string{bucket + "/*/manifests/*", bucket + "/*/verified/*"}
	return []grant.Grant{
		{Actions: []string{"s3:GetObjectVersion", "s3:PutObject"}, Resources: named},
	}
}

// Handle brings back one after the other. Repeated, it puts the same bytes on top once more.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	out := Output{Revealed: []string{}}
	for _, hidden := range in.Hidden {
		if !strings.Contains(hidden.Key, "/manifests/") && !strings.Contains(hidden.Key, "/verified/") || hidden.Version == "" {
			return out, failure.New(failure.InvalidInput, "reveal s3://"+h.bucket+"/"+hidden.Key, "it is neither a manifest nor a verdict, or no version of it is named")
		}
		if err := h.reveal(ctx, hidden); err != nil {
			return out, err
		}
		out.Revealed = append(out.Revealed, hidden.Key)
	}
	return out, nil
}

func (h *Handler) reveal(ctx context.Context, hidden catalog.Hidden) error {
	op := "reveal s3://" + h.bucket + "/" + hidden.Key
	meant, err := h.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.bucket), Key: aws.String(hidden.Key), VersionId: aws.String(hidden.Version)})
	if err != nil {
		return failure.FromAWS(err, "%s: read version %s", op, hidden.Version)
	}
	defer func() { _ = meant.Body.Close() }() // read only
	text, err := io.ReadAll(meant.Body)
	if err != nil {
		return failure.FromAWS(err, "%s: read version %s", op, hidden.Version)
	}
	_, err = h.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(h.bucket), Key: aws.String(hidden.Key), Body: bytes.NewReader(text), ContentType: meant.ContentType,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	return failure.FromAWS(err, "%s", op)
}
