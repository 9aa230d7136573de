package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

type restoreCommand struct {
	Plan    restorePlanCommand  `cmd:"" help:"Say what a restore to a moment would do, at what loss, and how long it would take."`
	Start   restoreStartCommand `cmd:"" help:"Restore to a moment, and watch it to its end."`
	Watch   restoreWatchCommand `cmd:"" help:"Watch the restore that runs on AWS."`
	Approve approveCommand      `cmd:"" help:"Answer what the restore asks."`
	Abort   abortCommand        `cmd:"" help:"Ask the restore to give back what it changed, and to end."`
}

type restorePlanCommand struct {
	At          string   `required:"" placeholder:"TIME" help:"The moment: RFC 3339 with a zone, or latest."`
	What        []string `sep:"," placeholder:"PART" help:"Some of database, data, configuration; all of them without it."`
	Beside      bool     `help:"Restore beside the live database instead of in its place."`
	Environment string   `default:"production" placeholder:"NAME|FILE" help:"The environment, by its name in environments/ or as a file (default: production)."`
	Region      string   `placeholder:"NAME" help:"The active region (default: the environment's primary region)."`
	Lab         bool     `help:"Ask the lab instead of AWS: its two regions begin on 2026-03-03 at 09:00 UTC and have lived for an hour."`
	JSON        bool     `name:"json" help:"Print the plan as one JSON object, and nothing else."`
}

// Help is the second paragraph of --help.
func (restorePlanCommand) Help() string {
	return "Nothing is changed. The plan is made by the function that a restore itself asks first; without --lab the one that is deployed is invoked, with the credentials that the AWS command line would use. Exit status 1 when it refuses the moment; it names the nearest that can be restored."
}

// Run makes and prints the plan.
func (c *restorePlanCommand) Run(ctx context.Context, a *app) error {
	where, err := c.place()
	if err != nil {
		return mistake{err}
	}
	ask := planrestore.Input{To: c.At, Mode: restore.Replace, Execution: "drctl-restore-plan"}
	if c.Beside {
		ask.Mode = restore.Beside
	}
	for _, part := range c.What {
		ask.What = append(ask.What, restore.Part(part))
	}
	planner := a.lab.planOnAWS
	if c.Lab {
		planner = a.lab.plan
	}
	plan, err := planner(ctx, where, ask)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, plan)
	}
	return a.screen().Plan(plan)
}

func (c *restorePlanCommand) place() (place, error) {
	env, err := loadEnvironment(c.Environment)
	if err != nil {
		return place{}, err
	}
	if c.Region == "" {
		c.Region = env.Regions.Primary
	}
	if c.Region != env.Regions.Primary && c.Region != env.Regions.Recovery {
		return place{}, fmt.Errorf("--region: %s has no %q: choose %s or %s", env.Name, c.Region, env.Regions.Primary, env.Regions.Recovery)
	}
	return place{environment: env, region: c.Region, seed: 1}, nil
}

// lived is how long the lab's regions live before a plan is made in them.
const lived = time.Hour

// protected is when files and parameters of the lab are backed up, and verified afterwards.
const protected = 10 * time.Minute

// planInLab asks the function in the lab.
func planInLab(_ context.Context, p place, ask planrestore.Input) (plan restore.Plan, err error) {
	machines, err := world.ParseMachines(p.environment)
	if err != nil {
		return plan, err
	}
	evaluator, err := jsonata.New()
	if err != nil {
		return plan, err
	}
	w := world.New(world.Options{Seed: p.seed, Environment: p.environment, Evaluator: evaluator, Machines: machines})
	w.Sim.Run(sim.Epoch.Add(protected), nil)
	for _, step := range [][2]string{{"backup-data", "{}"}, {"backup-configuration", "{}"}, {"verify-backup", `{"kind":"application-data"}`}, {"verify-backup", `{"kind":"configuration"}`}} {
		if _, err := w.States.Start(p.region, p.environment.MachineName(step[0]), "", json.RawMessage(step[1])); err != nil {
			return plan, err
		}
		w.Sim.Run(w.Sim.Now().Add(time.Minute), nil)
	}
	w.Sim.Run(sim.Epoch.Add(lived), nil)
	ask.Started = w.Sim.Now()
	payload, err := json.Marshal(ask)
	if err != nil {
		return plan, err
	}
	answered := false
	w.Lambda.Invoke(w.Lambda.ARN(p.region, p.environment.FunctionName("planrestore")), payload, func(answer json.RawMessage, failed *lambda.Error) {
		if answered = true; failed != nil {
			err = failed
			return
		}
		err = json.Unmarshal(answer, &plan)
	})
	w.Sim.Run(w.Sim.Now().Add(time.Minute), func() bool { return answered })
	if !answered {
		return plan, errors.New("plan the restore: the function did not answer within a minute of virtual time")
	}
	return plan, err
}

// planOnAWS invokes the deployed function, by the ordinary credential chain.
func planOnAWS(ctx context.Context, p place, ask planrestore.Input) (plan restore.Plan, err error) {
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(p.region))
	if err != nil {
		return plan, fmt.Errorf("plan the restore on AWS: %w (next: log in, or give --lab)", err)
	}
	ask.Started = time.Now().UTC()
	payload, err := json.Marshal(ask)
	if err != nil {
		return plan, err
	}
	name := p.environment.FunctionName("planrestore")
	out, err := awslambda.NewFromConfig(configuration).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String(name), Payload: payload})
	if err != nil {
		return plan, fmt.Errorf("plan the restore: invoke %s in %s: %w (next: log in, or give --lab)", name, p.region, err)
	}
	if out.FunctionError != nil {
		var failed struct{ ErrorType, ErrorMessage string }
		if err := json.Unmarshal(out.Payload, &failed); err != nil {
			return plan, fmt.Errorf("plan the restore: %s failed: %s", name, out.Payload)
		}
		return plan, fmt.Errorf("%s: %s", failed.ErrorType, failed.ErrorMessage)
	}
	return plan, json.Unmarshal(out.Payload, &plan)
}
