package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	reviewfn "github.com/acso/disaster-recovery/functions/review"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/response"
	"github.com/acso/disaster-recovery/internal/review"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/world"
)

type incidentCommand struct {
	Show incidentShow `cmd:"" help:"Show the record of an incident: checklist, who was told, timeline; and fetch its review."`
	Tick incidentTick `cmd:"" help:"Tick a line of the checklist that you vouch for."`
	Note incidentNote `cmd:"" help:"Add to the review: the root cause, what should be better, a follow-up."`
}

// which names an incident.
type which struct {
	Number int64  `name:"incident" placeholder:"N" help:"The number of the incident (default: the last one)."`
	Region string `placeholder:"NAME" help:"The region that was activated, or was to be (default: that of the last incident)."`
	Lab    bool   `help:"In a lab of its own: us-east-1 died an hour ago, and the system came back in us-west-2."`
	operating
}

// at finds the incident's region and works there.
func (c *which) at(ctx context.Context, a *app, work func(context.Context, *operate.Operator, string) error) error {
	if c.Number < 0 {
		return mistake{fmt.Errorf("--incident: %d is no number of an incident: they count from 1", c.Number)}
	}
	inner := func(ctx context.Context, o *operate.Operator) error {
		where, err := region(o.Environment, "--region", c.Region, "")
		if err != nil {
			return mistake{err}
		}
		if where == "" {
			if where, err = o.Last(ctx); err != nil {
				return err
			}
		}
		return work(ctx, o, where)
	}
	if !c.Lab {
		return c.on(ctx, a, inner)
	}
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return mistake{err}
	}
	c.sign(a)
	return operate.InLab(ctx, env, 1, func(ctx context.Context, w *world.World, o *operate.Operator) error {
		w.Cloud.Kill(env.Regions.Primary)
		if err := o.Clock.Sleep(ctx, time.Hour); err != nil {
			return err
		}
		for _, x := range w.States.Executions() { // the lab ends with a review, as a person would find it
			if x.Machine == env.MachineName("escalation") && x.Status() == asl.Running {
				return fmt.Errorf("the lab still tells of the incident after an hour")
			}
		}
		return inner(ctx, o)
	})
}

type incidentShow struct {
	JSON     bool   `name:"json" help:"Print the record as one JSON object, and nothing else."`
	Markdown string `placeholder:"FILE" help:"Write the review as Markdown as well."`
	HTML     string `name:"html" placeholder:"FILE" help:"Write the review as a page as well, which loads nothing."`
	which
}

// Help is the second paragraph of --help.
func (incidentShow) Help() string {
	return "The review is written anew from the record, with what people added since; of an incident that is open, what there is so far. Exit status: 0 when it is shown, 1 when there is none, 2 when the command line is wrong."
}

// Run shows it.
func (c *incidentShow) Run(ctx context.Context, a *app) error {
	return c.at(ctx, a, func(ctx context.Context, o *operate.Operator, where string) error {
		out, err := o.Review(ctx, where, reviewfn.Input{Epoch: c.Number, Show: true})
		if err != nil {
			return err
		}
		for flag, file := range map[string][2]string{"--markdown": {c.Markdown, out.Text}, "--html": {c.HTML, out.Page}} {
			if file[0] == "" {
				continue
			}
			if err := os.WriteFile(file[0], []byte(file[1]), 0o600); err != nil {
				return mistake{fmt.Errorf("%s: %w", flag, err)}
			}
		}
		if c.JSON {
			return writeJSON(a.stdout, out.Review)
		}
		lies := ""
		if out.State == incident.Closed {
			lies = fmt.Sprintf("s3://%s/%s and .html in %s", out.Bucket, out.Markdown, where)
		}
		return a.screen().Incident(*out.Review, lies)
	})
}

type incidentTick struct {
	Line     string `arg:"" help:"The line of the checklist, or a part of it that only this one has."`
	Evidence string `required:"" placeholder:"TEXT" help:"What shows that it is done."`
	which
}

// Help is the second paragraph of --help.
func (incidentTick) Help() string {
	return "Lines that the record shows are ticked by themselves, with time and evidence. Exit status: 0 when it is recorded, 1 when there is no such incident, 2 when the command line is wrong."
}

// Run ticks.
func (c *incidentTick) Run(ctx context.Context, a *app) error {
	line, err := lineOf(c.Line)
	if err != nil {
		return mistake{err}
	}
	if strings.TrimSpace(c.Evidence) == "" {
		return mistake{fmt.Errorf("--evidence: say what shows that it is done")}
	}
	return c.add(ctx, a, reviewfn.Input{Tick: line, Evidence: c.Evidence}, line+": ticked")
}

// lineOf is the line of the checklist that is meant.
func lineOf(text string) (string, error) {
	var found []string
	for _, line := range response.Lines {
		if text != "" && strings.Contains(strings.ToLower(line), strings.ToLower(text)) {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%q fits %d lines of the checklist; the lines are: %s", text, len(found), strings.Join(response.Lines[:], ", "))
	}
	return found[0], nil
}

type incidentNote struct {
	Kind string `arg:"" help:"root-cause, process, tools, training, documentation or follow-up."`
	Text string `arg:"" help:"What the review is to say."`
	which
}

// Help is the second paragraph of --help.
func (incidentNote) Help() string {
	return "The procedures ask for it after an incident: root cause, gaps in the process, limits of the tools, needs for training, documents to be updated. Exit status: 0 when it is recorded, 1 when there is no such incident, 2 when the command line is wrong."
}

// Run adds the note.
func (c *incidentNote) Run(ctx context.Context, a *app) error {
	if !slices.Contains(review.Kinds(), c.Kind) {
		return mistake{fmt.Errorf("%q is no kind of note: choose one of %s", c.Kind, strings.Join(review.Kinds(), ", "))}
	}
	if strings.TrimSpace(c.Text) == "" {
		return mistake{fmt.Errorf("the text is empty: say what the review is to say")}
	}
	return c.add(ctx, a, reviewfn.Input{Kind: c.Kind, Note: c.Text}, c.Kind+": noted")
}

func (c *which) add(ctx context.Context, a *app, in reviewfn.Input, done string) error {
	return c.at(ctx, a, func(ctx context.Context, o *operate.Operator, where string) error {
		in.Epoch, in.By = c.Number, c.By
		out, err := o.Review(ctx, where, in)
		if err != nil {
			return err
		}
		where = fmt.Sprintf("incident %d of %s", out.Epoch, where)
		if out.State == incident.Closed {
			where += fmt.Sprintf("; the review in s3://%s/%s was written again", out.Bucket, out.Markdown)
		}
		_, err = fmt.Fprintf(a.stdout, "%s, by %s, in %s\n", done, c.By, where)
		return err
	})
}
