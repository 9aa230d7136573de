package testrestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// parameters puts the restored configuration into Parameter Store below the throwaway path, secrets under the key, and
// reads it back: types and values have to be those of the document.
func (h *Handler) parameters(ctx context.Context, in Input) (Output, error) {
	text, err := h.fetch(ctx, in, parameters.File)
	if err != nil {
		return Output{}, err
	}
	op := "restore " + in.Point.Manifest
	document, err := parameters.Unmarshal(text)
	if err != nil {
		return Output{}, failure.New(failure.Failed, op, "%w", err)
	}
	path := restoretest.Parameters(h.p.Environment, in.Execution)
	want := map[string]parameters.Parameter{}
	for _, entry := range document.Parameters {
		value, err := parameters.Open(ctx, h.kms, entry)
		if err != nil {
			return Output{}, err
		}
		p := parameters.Parameter{Name: path + entry.Name, Type: types.ParameterType(entry.Type), Value: value}
		if err := h.putParameter(ctx, p, in.Execution); err != nil {
			return Output{}, err
		}
		want[p.Name] = p
	}
	there, _, err := parameters.Read(ctx, h.ssm, path)
	if err != nil {
		return Output{}, err
	}
	for _, p := range there {
		if wanted, known := want[p.Name]; !known || wanted.Value != p.Value || wanted.Type != p.Type {
			// Which value it is instead stays unsaid: it may be a secret.
			return Output{}, failure.New(failure.Failed, op, "%s does not read as the document has it", p.Name)
		}
	}
	if len(there) != len(want) {
		return Output{}, failure.New(failure.Failed, op, "%d parameters were restored and %d are there", len(want), len(there))
	}
	return Output{Done: true, Checked: len(want), Detail: fmt.Sprintf("configuration: %d parameters of %s read as the document has them", len(want), stamp(in.Point.Taken))}, nil
}

func (h *Handler) putParameter(ctx context.Context, p parameters.Parameter, execution string) error {
	in := &ssm.PutParameterInput{
		Name: aws.String(p.Name), Value: aws.String(p.Value), Type: p.Type, Overwrite: aws.Bool(true), Tier: types.ParameterTierIntelligentTiering,
		Description: aws.String(restoretest.Tag + " " + execution),
	}
	if p.Secret() {
		in.KeyId = aws.String(h.p.Environment.KeyAlias())
	}
	_, err := h.ssm.PutParameter(ctx, in)
	if failure.Code(err) == "InvalidKeyId" {
		return failure.New(failure.KeyMissing, "write parameter "+p.Name, "%w", err).Next("make %s usable in %s", h.p.Environment.KeyAlias(), h.p.Region())
	}
	return failure.FromAWS(err, "write parameter %s", p.Name)
}

// archive opens the restored infrastructure: the archive has the digest that the document states and is the tree of its commit,
// and every template is there and is JSON.
func (h *Handler) archive(ctx context.Context, in Input) (Output, error) {
	op := "open the infrastructure of " + in.Point.Manifest
	text, err := h.fetch(ctx, in, infrastructure.File)
	if err != nil {
		return Output{}, err
	}
	deployment, err := infrastructure.Parse(text)
	if err != nil {
		return Output{}, err
	}
	packed, err := h.fetch(ctx, in, deployment.Archive)
	if err != nil {
		return Output{}, err
	}
	if sum := sha256.Sum256(packed); hex.EncodeToString(sum[:]) != deployment.ArchiveSHA256 {
		return Output{}, failure.New(failure.Failed, op, "%s has SHA-256 %x, and %s states %s", deployment.Archive, sum, infrastructure.File, deployment.ArchiveSHA256)
	}
	files, err := infrastructure.CheckArchive(bytes.NewReader(packed), deployment.Commit)
	if err != nil {
		return Output{}, failure.New(failure.Failed, op, "%s is not the archive of commit %s: %w", deployment.Archive, deployment.Commit, err)
	}
	for _, stack := range deployment.Stacks {
		template, err := h.fetch(ctx, in, stack.Template)
		if err != nil {
			return Output{}, err
		}
		if !json.Valid(template) && !strings.Contains(string(template), "Resources:") {
			return Output{}, failure.New(failure.Failed, op, "%s is no template", stack.Template)
		}
	}
	return Output{
		Done: true, Checked: len(deployment.Stacks),
		Detail: fmt.Sprintf("infrastructure: the archive is commit %.12s, %d files, %d templates read", deployment.Commit, files, len(deployment.Stacks)),
	}, nil
}
