package backupinfra

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
)

// patience bounds what is asked of the other region, which may be the one that is dead.
const patience = 30 * time.Second

// deployed reads both regions, this one first. Without an answer of the other one, what is here counts all the same.
func (h *Handler) deployed(ctx context.Context) (infrastructure.Deployment, recoverypoint.Texts, error) {
	d := infrastructure.Deployment{Repository: h.p.Environment.Sources, Unread: []infrastructure.Unread{}}
	here, there := h.p.Region(), h.p.Environment.Pair(h.p.Region())
	own, err := h.read(ctx, here)
	if err != nil {
		return d, nil, err
	}
	bounded, stop := h.p.Clock.WithTimeout(ctx, patience)
	defer stop()
	other, err := h.read(bounded, there)
	switch {
	case failure.Is(err, failure.Unavailable) && failure.Code(err) != "": // it answered, and asks for patience
		return d, nil, err
	case err != nil:
		other = region{unread: []string{err.Error()}}
	}
	for _, r := range []struct {
		name string
		region
	}{{here, own}, {there, other}} {
		d.Stacks, d.Services = append(d.Stacks, r.stacks...), append(d.Services, r.services...)
		for _, why := range r.unread {
			d.Unread = append(d.Unread, infrastructure.Unread{Region: r.name, Why: why})
		}
	}
	slices.SortStableFunc(d.Stacks, func(a, b infrastructure.Stack) int { return strings.Compare(a.Region, b.Region) })
	slices.SortStableFunc(d.Services, func(a, b infrastructure.Service) int { return strings.Compare(a.Region, b.Region) })
	d.Commit, err = h.commit(d.Stacks)
	return d, append(own.templates, other.templates...), err
}

// commit is that of the stack that was deployed last: while a deployment is under way, the others have the one before.
func (h *Handler) commit(stacks []infrastructure.Stack) (string, error) {
	var last infrastructure.Stack
	var silent []string
	for _, s := range stacks {
		if s.Commit == "" {
			silent = append(silent, s.Name+" in "+s.Region)
		}
		if s.Changed > last.Changed {
			last = s
		}
	}
	if len(silent) > 0 {
		return "", failure.New(failure.NotFound, h.op(), "no output %s says which commit these stacks were deployed from: %s", infrastructure.CommitOutput, strings.Join(silent, ", ")).
			Next("deploy them with this project's CDK app, which writes it")
	}
	return last.Commit, nil
}

// region is what one region has.
type region struct {
	stacks    []infrastructure.Stack
	templates recoverypoint.Texts
	services  []infrastructure.Service
	unread    []string
}

func (h *Handler) read(ctx context.Context, name string) (r region, err error) {
	if err := h.readStacks(ctx, name, &r); err != nil {
		return r, err
	}
	if len(r.stacks) == 0 {
		return r, failure.New(failure.NotFound, h.op(), "there is no stack %s-* in %s", h.p.Environment.Prefix(), name).Next("compare the environment file with what is deployed")
	}
	return r, h.readServices(ctx, name, &r)
}

func (h *Handler) readStacks(ctx context.Context, name string, r *region) error {
	client := cloudformation.NewFromConfig(h.p.In(name))
	pages := cloudformation.NewDescribeStacksPaginator(client, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failure.FromAWS(err, "list the stacks of %s", name)
		}
		for _, s := range page.Stacks {
			if !strings.HasPrefix(aws.ToString(s.StackName), h.p.Environment.Prefix()+"-") || s.StackStatus == types.StackStatusReviewInProgress {
				continue // somebody else's, or one that was never made
			}
			template, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: s.StackName, TemplateStage: types.TemplateStageOriginal})
			if err != nil {
				return failure.FromAWS(err, "read the template of %s in %s", aws.ToString(s.StackName), name)
			}
			found := stack(name, s)
			r.stacks = append(r.stacks, found)
			r.templates = append(r.templates, recoverypoint.Text{Path: found.Template, Text: []byte(aws.ToString(template.TemplateBody)), Modified: changed(s)})
		}
	}
	slices.SortFunc(r.stacks, func(a, b infrastructure.Stack) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func stack(region string, s types.Stack) infrastructure.Stack {
	name := aws.ToString(s.StackName)
	found := infrastructure.Stack{
		Name: name, Region: region, Template: infrastructure.TemplatePath(region, name), Parameters: map[string]string{},
		Status: string(s.StackStatus), Changed: changed(s).Format(time.RFC3339),
	}
	for _, p := range s.Parameters {
		found.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, o := range s.Outputs {
		if aws.ToString(o.OutputKey) == infrastructure.CommitOutput {
			found.Commit = aws.ToString(o.OutputValue)
		}
	}
	return found
}

func changed(s types.Stack) time.Time {
	if s.LastUpdatedTime != nil {
		return s.LastUpdatedTime.UTC()
	}
	return aws.ToTime(s.CreationTime).UTC()
}

// canonical is a document without what only its writing decides.
func canonical(d infrastructure.Deployment) (any, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var value any
	err = json.Unmarshal(text, &value)
	return value, err
}
