package verifychecksums

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// lookBack is how many days without a manifest are passed over when none is named.
const lookBack = 31

// plan reads the whole manifest, so that an altered one is found before any object is read, and writes the work list.
func (h *Handler) plan(ctx context.Context, in Input) (*Plan, error) {
	if in.Execution == "" || strings.ContainsAny(in.Execution, "/\\") {
		return nil, failure.New(failure.InvalidInput, "plan a verification", "execution %q cannot name a folder", in.Execution)
	}
	key, err := h.choose(ctx, in)
	if err != nil {
		return nil, err
	}
	day, _, found := strings.Cut(key, "manifests/")
	if !found {
		return nil, failure.New(failure.InvalidInput, "plan a verification", "%q is not below a manifests/ folder", key)
	}
	depth := backup.Depth(cmp.Or(in.Depth, string(backup.Content)))
	if depth != backup.Content && depth != backup.Attributes {
		return nil, failure.New(failure.InvalidInput, "plan a verification", "depth %q is neither attributes nor content", in.Depth)
	}
	plan := &Plan{Bucket: h.bucket, Manifest: key, Depth: string(depth), Purpose: in.Purpose, Work: day + "verifications/" + in.Execution + "/"}
	plan.Items = plan.Work + "items.jsonl"

	var list bytes.Buffer
	lines := json.NewEncoder(&list)
	lines.SetEscapeHTML(false)
	header, seal, err := h.each(ctx, plan, func(o manifest.Object) error {
		item := Item{Key: o.Key, VersionID: o.VersionID, Size: o.Size, SHA256: o.SHA256}
		if depth == backup.Attributes {
			item.Checksum = o.S3Checksum()
		}
		return lines.Encode(item)
	})
	if err != nil {
		return nil, err
	}
	plan.Kind, plan.Prefix, plan.Taken = header.Kind, header.Prefix, header.Taken.Format(time.RFC3339)
	plan.Objects, plan.Bytes = seal.Objects, seal.Bytes
	return plan, h.write(ctx, plan.Items, list.Bytes())
}

// choose finds the manifest that the input means.
func (h *Handler) choose(ctx context.Context, in Input) (string, error) {
	switch {
	case in.Manifest != "":
		return in.Manifest, nil
	case in.Date != "":
		day, err := time.Parse(time.DateOnly, in.Date)
		if err != nil {
			return "", failure.New(failure.InvalidInput, "plan a verification", "date %q is not like 2026-01-15", in.Date)
		}
		return h.newest(ctx, in.Kind, day, 1)
	}
	return h.newest(ctx, in.Kind, h.p.Clock.Now(), lookBack)
}

// newest is the last manifest of a kind of the first day, going back from day, that has one.
func (h *Handler) newest(ctx context.Context, kind string, day time.Time, days int) (string, error) {
	kind = cmp.Or(kind, manifest.ApplicationData)
	for back := range days {
		newest := ""
		err := h.list(ctx, manifest.Folder(day.AddDate(0, 0, -back)), func(o types.Object) {
			if of, _, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind {
				newest = max(newest, aws.ToString(o.Key))
			}
		})
		if err != nil {
			return "", err
		}
		if newest != "" {
			return newest, nil
		}
	}
	return "", failure.New(failure.NotFound, "find a manifest of "+kind+" in "+h.at(manifest.Folder(day)), "there is none, going back %d days: a backup without a manifest is no recovery point", days).
		Next("look why backups do not finish")
}

// each reads the plan's manifest to its seal. Nothing that use did counts when it returns an error.
func (h *Handler) each(ctx context.Context, plan *Plan, use func(manifest.Object) error) (manifest.Header, manifest.Seal, error) {
	op := "read manifest " + h.at(plan.Manifest)
	in := &s3.GetObjectInput{Bucket: aws.String(h.bucket), Key: aws.String(plan.Manifest)}
	if plan.Version != "" {
		in.VersionId = aws.String(plan.Version)
	}
	out, err := h.client.GetObject(ctx, in)
	if err != nil {
		return manifest.Header{}, manifest.Seal{}, failure.FromAWS(err, "%s", op)
	}
	defer func() { _ = out.Body.Close() }() // read only
	plan.Version = aws.ToString(out.VersionId)
	altered := func(err error) error {
		return (&failure.Error{Kind: failure.Failed, Op: op, Err: err}).Next("treat this recovery point as lost: use the one before it and find out who wrote the manifest")
	}
	reader, err := manifest.NewReader(out.Body)
	if err != nil {
		return manifest.Header{}, manifest.Seal{}, altered(err)
	}
	for {
		o, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return reader.Header, reader.Seal, nil
		}
		if err != nil {
			return manifest.Header{}, manifest.Seal{}, altered(err)
		}
		if err := use(o); err != nil {
			return manifest.Header{}, manifest.Seal{}, err
		}
	}
}

// list goes through everything below a prefix.
func (h *Handler) list(ctx context.Context, prefix string, use func(types.Object)) error {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(h.bucket), Prefix: aws.String(prefix)}
	for {
		out, err := h.client.ListObjectsV2(ctx, in)
		if err != nil {
			return failure.FromAWS(err, "list %s", h.at(prefix))
		}
		for _, o := range out.Contents {
			use(o)
		}
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func (h *Handler) write(ctx context.Context, key string, text []byte, change ...func(*s3.PutObjectInput)) error {
	in := &s3.PutObjectInput{
		Bucket: aws.String(h.bucket), Key: aws.String(key), Body: bytes.NewReader(text),
		ContentType: aws.String("application/json"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	}
	for _, f := range change {
		f(in)
	}
	_, err := h.client.PutObject(ctx, in)
	return failure.FromAWS(err, "write %s", h.at(key))
}
