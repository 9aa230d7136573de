package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/drill"
)

type watchCommand struct {
	What string `arg:"" default:"failover" name:"machine|execution" help:"The ARN of an execution, or a machine: then the one that runs now, else the last one (default: failover)."`
	look
}

// look says where a person looks, and how what is seen is printed.
type look struct {
	Region string `placeholder:"NAME" help:"Look only there (default: both regions)."`
	JSON   bool   `name:"json" help:"Print how it ended as one JSON object, and nothing else."`
	operating
}

// Help is the second paragraph of --help.
func (look) Help() string {
	return "It shows the states as they are entered until the execution ends, with a bar of the time that the objective gives. When the machine asks a person, it asks you. Stopping this command stops nothing else. Exit status: 0 when the execution succeeded, 1 when not."
}

// Run watches.
func (c *watchCommand) Run(ctx context.Context, a *app) error { return c.at(ctx, a, c.What) }

// at watches an execution, or the one of a machine.
func (c *look) at(ctx context.Context, a *app, what string) error {
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		if !strings.HasPrefix(what, "arn:") {
			if err := machineNamed(what); err != nil {
				return mistake{err}
			}
		}
		regions := o.Regions()
		if c.Region != "" {
			where, err := region(o.Environment, "--region", c.Region, "")
			if err != nil {
				return mistake{err}
			}
			regions = []string{where}
		}
		execution, err := o.Find(ctx, regions, what)
		if err != nil {
			return err
		}
		w := watcher{app: a, operator: o, by: c.By, json: c.JSON}
		return w.watch(ctx, execution)
	})
}

// watcher is an operator before an execution.
type watcher struct {
	app      *app
	operator *operate.Operator
	by       string // who answers
	answer   string // yes or no to every question, "" to ask a person
	abortAt  string // the state in which to abort it; "" for none
	json     bool
	err      error
}

// budget is the time that the objectives give to a machine, in seconds; 0 when they say nothing.
func budget(e *environment.Environment, machine string) float64 {
	switch machine {
	case "failover":
		return e.Objectives.RecoveryTime.Critical.Std().Seconds()
	case "restore-point-in-time":
		return e.Objectives.RecoveryTime.Standard.Std().Seconds()
	case "restore-full-system":
		return e.Objectives.RecoveryTime.NonCritical.Std().Seconds()
	}
	return 0
}

func (w *watcher) watch(ctx context.Context, execution string) error {
	if w.json {
		ending, err := w.operator.Watch(ctx, execution, func(e operate.Event) { w.judge(ctx, execution, e) })
		if err != nil {
			return err
		}
		return w.ended(ending, writeJSON(w.app.stdout, ending))
	}
	machine, env := w.operator.MachineOf(execution), w.operator.Environment
	screen := w.app.screen()
	if err := screen.Heading(fmt.Sprintf("%s in %s, environment %s", machine, operate.RegionOf(execution), env.Name), execution); err != nil {
		return err
	}
	began, err := w.operator.Started(ctx, execution)
	if err != nil {
		return err
	}
	timeline := screen.Timeline(machine, budget(env, machine), false)
	told := map[string]bool{} // a poll enters the same states again and again: one line tells of the first time
	tell := func(at time.Time, kind, text string) {
		timeline.Event(drill.Event{At: at, Region: operate.RegionOf(execution), Kind: kind, Text: text})
	}
	tell(began, "state", machine+" starts")
	ending, err := w.operator.Watch(ctx, execution, func(e operate.Event) {
		if e.Kind != "state" || !told[e.Text] {
			told[e.Text] = true
			tell(e.At, e.Kind, e.Text)
		}
		w.judge(ctx, execution, e)
	})
	if err != nil {
		return err
	}
	tell(ending.StoppedAt, "end", machine+" ends: "+ending.Status)
	if err := timeline.Close(); err != nil {
		return err
	}
	return w.ended(ending, screen.Ending(ending))
}

func (w *watcher) ended(ending operate.Ending, err error) error {
	switch {
	case err != nil:
		return err
	case w.err != nil:
		return w.err
	case w.abortAt != "":
		return mistake{fmt.Errorf("--abort-at: it never entered a state %s, so nobody aborted it", w.abortAt)}
	case !ending.Succeeded():
		return errBad
	}
	return nil
}

// endless watches, and when a person interrupts that, asks whether the execution is to end as well.
func (w *watcher) endless(ctx context.Context, execution string) error {
	err := w.watch(ctx, execution)
	if ctx.Err() == nil || !w.app.asks() || w.json {
		return err
	}
	w.app.complain(err)
	said, err := w.app.ask("\nType abort to have it give back what it changed and end, anything else to leave it running:")
	switch {
	case err != nil:
		return err
	case said != "abort":
		return errBad // nobody saw how it ends, and why was complained of above
	}
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt)
	defer stop()
	if err := w.abort(ctx, execution); err != nil {
		return err
	}
	return w.watch(ctx, execution)
}

// abort asks the procedure of the open incident to end, and stops one that holds none. After the point of no return that is
// refused with the reason.
func (w *watcher) abort(ctx context.Context, execution string) error {
	const reason = "asked by the person who watched it"
	i, err := w.operator.Owned(ctx, execution)
	switch {
	case err != nil:
		return err
	case i == nil:
		return w.operator.Stop(ctx, execution, w.by, reason)
	}
	return w.operator.Abort(ctx, *i, w.by, reason)
}

// judge has a person answer what the execution asks, and abort it where that was wanted.
func (w *watcher) judge(ctx context.Context, execution string, e operate.Event) {
	if w.abortAt != "" && e.Kind == "state" && e.Text == w.abortAt {
		w.abortAt = ""
		if err := w.abort(ctx, execution); err != nil {
			w.app.complain(err)
		}
	}
	if e.Kind != "wait" {
		return
	}
	question, err := w.question(ctx, execution)
	if err == nil && question != nil {
		err = w.decide(ctx, *question)
	}
	if err != nil {
		w.app.complain(err) // the execution goes on, and so does the watching: somebody else may answer
	}
}

// question waits until the question is written down, which takes the machine a moment.
func (w *watcher) question(ctx context.Context, execution string) (*operate.Question, error) {
	const attempts, pause = 15, 2 * time.Second
	var last error
	for range attempts {
		questions, err := w.operator.Questions(ctx, execution)
		if len(questions) > 0 {
			return &questions[0], nil
		}
		last = err
		if err := w.operator.Clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
	return nil, last
}

func (w *watcher) decide(ctx context.Context, q operate.Question) error {
	command := "drctl approve " + q.Execution
	switch {
	case w.answer != "":
		return w.operator.Answer(ctx, q, operate.Answer{Approved: w.answer == "yes", By: w.by})
	case !w.app.asks() || w.json:
		w.app.complain(fmt.Errorf("a person is asked: %s; answer with: %s", q.Text, command))
		return nil
	}
	choice := "Type yes, no,"
	if w.operator.MachineOf(q.Execution) == "failover" {
		choice = "Type yes, fenced (yes, and you made sure yourself that the old primary takes no writes), no,"
	}
	said, err := w.app.ask("\n%s\n%s or nothing to leave it to others (%s):", q.Text, choice, command)
	if err != nil || said != "yes" && said != "no" && said != "fenced" {
		return err
	}
	return w.operator.Answer(ctx, q, operate.Answer{Approved: said != "no", By: w.by, FencedByHand: said == "fenced"})
}
