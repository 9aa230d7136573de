package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/sim"
)

// execute runs a machine to its end.
func execute(_ context.Context, m *asl.Machine, input json.RawMessage) (x *asl.Execution, err error) {
	defer func() {
		// The lab stops loudly at what it does not model. In someone's own definition that is no defect of the lab.
		if stopped, ok := recover().(string); ok {
			if !strings.HasPrefix(stopped, "lab: ") {
				panic(stopped)
			}
			err = mistake{fmt.Errorf("run %s: %s", m.Name, strings.TrimPrefix(stopped, "lab: "))}
		}
	}()
	clock := asl.NewClock(sim.Epoch)
	x, err = asl.Start(m, asl.Options{Clock: clock, Integrations: alone{}}, input)
	if err != nil {
		return nil, mistake{err}
	}
	clock.Run()
	return x, nil
}

// alone stands where there is no AWS to call.
type alone struct{}

func (alone) Start(t asl.Task, _ func(json.RawMessage, *asl.TaskError)) func() {
	panic("lab: state " + t.StateName + " calls " + t.Resource + ", and nothing answers there")
}

func (alone) ReadItems(s asl.ItemSource, _ func([]json.RawMessage, *asl.TaskError)) func() {
	panic("lab: state " + s.StateName + " reads items from " + s.Resource + ", and nothing answers there")
}

func (alone) WriteResults(s asl.ResultSink, _ func(json.RawMessage, *asl.TaskError)) func() {
	panic("lab: state " + s.StateName + " writes results to " + s.Resource + ", and nothing answers there")
}
