package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
)

// Supports tells whether the lab can carry out every task of a machine, before it runs: all that it cannot, at once.
func (s *Service) Supports(m *asl.Machine) error {
	var definition flow
	if err := json.Unmarshal(m.Definition, &definition); err != nil {
		return err
	}
	return errors.Join(s.refusals(definition)...)
}

// flow is what matters here of a machine, a branch or an item processor.
type flow struct {
	States map[string]struct {
		Type, Resource string
		Branches       []flow
		ItemProcessor  flow
		Iterator       flow // as ItemProcessor was called once
	}
}

func (s *Service) refusals(f flow) (found []error) {
	for _, name := range slices.Sorted(maps.Keys(f.States)) {
		state := f.States[name]
		if state.Type == "Task" {
			if err := s.carriesOut(state.Resource); err != nil {
				found = append(found, fmt.Errorf("state %q: Resource: %w", name, err))
			}
		}
		for _, inner := range append(state.Branches, state.ItemProcessor, state.Iterator) {
			found = append(found, s.refusals(inner)...)
		}
	}
	return found
}

// carriesOut tells whether the lab has what a Resource names.
func (s *Service) carriesOut(resource string) error {
	if strings.HasPrefix(resource, "arn:aws:lambda:") {
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(resource, "arn:aws:states:::"), ".")
	switch name {
	case "lambda:invoke", "states:startExecution", "sns:publish", "codebuild:startBuild":
		return nil
	}
	if parts := strings.SplitN(name, ":", 3); len(parts) == 3 && parts[0] == "aws-sdk" {
		if _, ok := s.cloud.Find(parts[1], parts[2]); ok {
			return nil
		}
		return fmt.Errorf("the lab does not model %s", resource)
	}
	return fmt.Errorf("the lab does not carry out %s; it has codebuild:startBuild, lambda:invoke, sns:publish, states:startExecution and aws-sdk:*", resource)
}
