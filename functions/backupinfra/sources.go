package backupinfra

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
)

// tokenGrants are to read what the repository asks for; none where everybody may read it.
func tokenGrants(e *environment.Environment, region string) []grant.Grant {
	if e.SourcesToken == "" {
		return nil
	}
	return []grant.Grant{
		{Actions: []string{"ssm:GetParameter"}, Resources: []string{e.ParameterARN(region) + "/" + e.SourcesToken}},
		// A secure string is decrypted in the caller's name; IAM checks the key and not its alias.
		// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
		{Actions: []string{"kms:Decrypt"}, Resources: []string{fmt.Sprintf("arn:aws:kms:%s:%s:key/*", region, e.Account)}},
	}
}

// token is what the repository asks for, "" when everybody may read it. It goes nowhere but to the repository.
func (h *Handler) token(ctx context.Context) (string, error) {
	if h.p.Environment.SourcesToken == "" {
		return "", nil
	}
	name := h.p.Environment.Parameters + "/" + h.p.Environment.SourcesToken
	out, err := ssm.NewFromConfig(h.p.AWS).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(name), WithDecryption: aws.Bool(true)})
	if failure.Code(err) == "ParameterNotFound" {
		return "", failure.New(failure.NotFound, h.op(), "there is no parameter %s in %s", name, h.p.Region()).
			Next("put what %s asks for there, or take sourcesToken out of the environment file", h.p.Environment.Sources)
	}
	if err != nil {
		return "", failure.FromAWS(err, "read %s", name)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// noSources tells a commit that the repository does not have, and a token that it does not take, from a repository that does
// not answer.
func (h *Handler) noSources(commit string, err error) error {
	from := h.p.Environment.Sources
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failure.New(failure.NotFound, h.op(), "%w", err).
			Next("push commit %s to %s, or deploy from a commit that is there and has no changes", commit, from)
	case errors.Is(err, fs.ErrPermission):
		return failure.New(failure.Denied, h.op(), "%w", err).
			Next("put a token that may read %s into a secret parameter, and its name into sourcesToken of the environment file", from)
	}
	return failure.New(failure.Unavailable, h.op(), "%w", err).Next("look whether %s answers from the function's network", from)
}
