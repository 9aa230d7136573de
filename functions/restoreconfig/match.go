package restoreconfig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/internal/writeback"
)

// match makes the tree below a path what a point says.
func (h *Handler) match(ctx context.Context, key, path string, overwrite bool) (Output, error) {
	d, err := h.document(ctx, key)
	if err != nil {
		return Output{}, err
	}
	out := Output{State: restore.Done, Place: path, Kept: []string{}}
	there, _, err := parameters.Read(ctx, h.ssm, path)
	if err != nil {
		return Output{}, err
	}
	has := map[string]parameters.Parameter{}
	for _, p := range there {
		has[p.Name] = p
	}
	in := map[string]bool{}
	for _, e := range d.Parameters {
		name := path + strings.TrimPrefix(e.Name, d.Path)
		if in[name] = true; h.foreign(e.Name, d) {
			out.Kept = append(out.Kept, name)
			continue
		}
		if err := h.one(ctx, e, name, has, overwrite, &out); err != nil {
			return Output{}, err
		}
	}
	for _, p := range there {
		switch {
		case in[p.Name] || h.foreign(d.Path+strings.TrimPrefix(p.Name, path), d):
		case !overwrite:
			return Output{}, unsafe("remove", p.Name)
		default:
			if err := h.remove(ctx, p.Name); err != nil {
				return Output{}, err
			}
			out.Removed++
		}
	}
	out.Detail = fmt.Sprintf("%d parameters below %s are as in %s (%d were already), %d were removed, %d are this region's own", out.Same+out.Written, path, key, out.Same, out.Removed, len(out.Kept))
	return out, nil
}

// foreign tells whether a parameter belongs to one region alone, and that is not this one.
func (h *Handler) foreign(name string, d parameters.Document) bool {
	return d.Region != h.p.Region() && slices.Contains(h.p.Environment.RegionalParameters, strings.TrimPrefix(name, d.Path+"/"))
}

// one brings one parameter to what it was. What is as it was gets no new version.
func (h *Handler) one(ctx context.Context, e parameters.Entry, name string, has map[string]parameters.Parameter, overwrite bool, out *Output) error {
	value, err := parameters.Open(ctx, h.kms, e)
	if err != nil {
		return err
	}
	now, exists := has[name]
	switch {
	case exists && now.Value == value && string(now.Type) == e.Type:
		out.Same++
		return nil
	case exists && !overwrite:
		return unsafe("overwrite", name)
	case exists && string(now.Type) != e.Type: // Parameter Store keeps the type of a parameter
		if err := h.remove(ctx, name); err != nil {
			return err
		}
	}
	put := &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String(value), Type: types.ParameterType(e.Type), Overwrite: aws.Bool(true),
		Tier: types.ParameterTierIntelligentTiering, // advanced where the value needs it
	}
	if e.DataType != "" {
		put.DataType = aws.String(e.DataType)
	}
	if put.Type == types.ParameterTypeSecureString {
		put.KeyId = aws.String(h.p.Environment.KeyAlias())
	}
	_, err = h.ssm.PutParameter(ctx, put)
	if failure.Code(err) == "InvalidKeyId" {
		return failure.New(failure.KeyMissing, "write parameter "+name, "%w", err).
			Next("make %s usable in %s: secrets are never written without a key of their region", h.p.Environment.KeyAlias(), h.p.Region())
	}
	out.Written++
	return failure.FromAWS(err, "write parameter %s", name)
}

func (h *Handler) remove(ctx context.Context, name string) error {
	_, err := h.ssm.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(name)})
	if failure.Code(err) == "ParameterNotFound" {
		return nil
	}
	return failure.FromAWS(err, "delete parameter %s", name)
}

func (h *Handler) empty(ctx context.Context, path string, out *Output) error {
	there, _, err := parameters.Read(ctx, h.ssm, path)
	if err != nil {
		return err
	}
	for _, p := range there {
		if err := h.remove(ctx, p.Name); err != nil {
			return err
		}
		out.Removed++
	}
	return nil
}

func unsafe(verb, name string) error {
	return failure.New(failure.Unsafe, verb+" parameter "+name, "no verified recovery point is known to hold it").
		Next("take and verify a recovery point of what is there, or restore beside it")
}

// document reads the parameters of a point, proven by the manifest's seal and the document's SHA-256.
func (h *Handler) document(ctx context.Context, key string) (parameters.Document, error) {
	store := backup.Store{Client: h.s3, Bucket: recoverypoint.Bucket(h.p.Environment, h.p.Region())}
	reader, err := store.Manifest(ctx, key, "")
	if err != nil {
		return parameters.Document{}, err
	}
	var found manifest.Object
	for err == nil {
		var o manifest.Object
		if o, err = reader.Next(); err == nil && strings.TrimPrefix(o.Key, reader.Header.Prefix) == parameters.File {
			found = o
		}
	}
	op := "restore the configuration from s3://" + store.Bucket + "/" + key
	if failure.Is(err, failure.Unavailable) || failure.Is(err, failure.Denied) {
		return parameters.Document{}, err
	}
	if !errors.Is(err, io.EOF) {
		return parameters.Document{}, failure.New(failure.Failed, op, "%w", err).Next("use the recovery point before it")
	}
	if found.Key == "" {
		return parameters.Document{}, failure.New(failure.Failed, op, "it holds no %s", parameters.File).Next("use the recovery point before it")
	}
	text, err := io.ReadAll(writeback.Body(ctx, store, found))
	if err != nil {
		return parameters.Document{}, err
	}
	d, err := parameters.Unmarshal(text)
	if err != nil {
		return d, failure.New(failure.Failed, op, "%w", err).Next("use the recovery point before it")
	}
	return d, nil
}
