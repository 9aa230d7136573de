package main

import (
	"context"
	"encoding/json"

	"github.com/acso/disaster-recovery/cmd/drctl/operate"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/drill"
)

// lab is what the commands ask of the lab. Tests of the command line give results of their own.
type lab struct {
	scenarios func() []drill.Scenario
	find      func(name string) (drill.Scenario, error)
	run       func(context.Context, drill.Scenario, drill.Options) (*drill.Result, error)
	series    func(context.Context, drill.SeriesOptions) (*drill.SeriesResult, error)
	campaign  func(context.Context, drill.CampaignOptions) (*drill.CampaignResult, error)
	crash     func(context.Context, drill.CrashOptions) (*drill.CrashResult, error)
	aborts    func(context.Context, drill.CrashOptions) (*drill.AbortResult, error)
	// definition is a state machine of this project, execute runs any.
	definition func(name string) ([]byte, error)
	execute    func(context.Context, *asl.Machine, place, json.RawMessage) (*asl.Execution, error)
	// operateOnAWS lets an operator work on deployed machines.
	operateOnAWS func(context.Context, *environment.Environment, func(context.Context, *operate.Operator) error) error
}

func theLab() lab {
	return lab{
		scenarios: drill.Scenarios, find: drill.Find, run: drill.Run, series: drill.RunSeries, campaign: drill.Campaign, crash: drill.Crash, aborts: drill.Aborts,
		definition: definition, execute: execute, operateOnAWS: operateOnAWS,
	}
}
