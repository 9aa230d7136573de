package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
)

type approveCommand struct {
	Execution string `arg:"" optional:"" help:"Whose question is answered (default: the one that is open)."`
	Refuse    bool   `help:"Answer no: the execution stands down."`
	Fenced    bool   `name:"fenced-by-hand" help:"Vouch that you made sure yourself that the old primary takes no writes."`
	Yes       bool   `short:"y" help:"Do not ask again."`
	operating
}

// Help is the second paragraph of --help.
func (approveCommand) Help() string {
	return "It shows what the open incident asks, and sends your answer with your name. Exit status: 0 when the answer was taken, 1 when nobody waits for one, 2 when the command line is wrong."
}

// Run answers.
func (c *approveCommand) Run(ctx context.Context, a *app) error {
	if c.Refuse && c.Fenced {
		return mistake{fmt.Errorf("--fenced-by-hand: it goes with an approval, not with --refuse")}
	}
	return c.on(ctx, a, func(ctx context.Context, o *operate.Operator) error {
		q, err := c.question(ctx, o)
		if err != nil {
			return err
		}
		answer := operate.Answer{Approved: !c.Refuse, By: c.By, FencedByHand: c.Fenced}
		word := "approve"
		if c.Refuse {
			word = "refuse"
		}
		if _, err := fmt.Fprintf(a.stdout, "%s\nasked at %s by %s\n", q.Text, q.AskedAt.UTC().Format("2006-01-02 15:04:05 UTC"), q.Execution); err != nil {
			return err
		}
		if err := a.sure(c.Yes, word); err != nil {
			return err
		}
		if err := o.Answer(ctx, q, answer); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "Answered by %s: %s. drctl watch %s shows how it goes on.\n", c.By, word, q.Execution)
		return err
	})
}

func (c *approveCommand) question(ctx context.Context, o *operate.Operator) (operate.Question, error) {
	questions, err := o.Questions(ctx, c.Execution)
	switch {
	case len(questions) == 1:
		return questions[0], nil
	case len(questions) > 1:
		var which []string
		for _, q := range questions {
			which = append(which, q.Execution)
		}
		return operate.Question{}, mistake{fmt.Errorf("several executions ask; name one: %s", strings.Join(which, ", "))}
	case err != nil:
		return operate.Question{}, fmt.Errorf("nothing to answer was found, and not everybody was heard: %w", err)
	}
	return operate.Question{}, fmt.Errorf("no open incident asks anything (next: drctl watch)")
}

// sure asks once more, unless yes was said in advance. Without a person at the terminal it refuses.
func (a *app) sure(yes bool, word string) error {
	if yes {
		return nil
	}
	if !a.asks() {
		return mistake{fmt.Errorf("nobody is at the terminal to confirm it; say --yes to %s without being asked", word)}
	}
	said, err := a.ask("Type %s to go on, anything else to leave:", word)
	if err == nil && said != word {
		return fmt.Errorf("nothing was done: %q is not %q", said, word)
	}
	return err
}
