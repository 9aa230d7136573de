package asl

import (
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// fieldsOf lists the fields of each state type in JSONata:
// https://states-language.net/spec.html#state-type-table
var fieldsOf = map[string][]string{
	"Pass":     {"Assign", "Output", "Next", "End"},
	"Succeed":  {"Output"},
	"Fail":     {"Error", "Cause"},
	"Choice":   {"Choices", "Default", "Assign", "Output"},
	"Wait":     {"Seconds", "Timestamp", "Assign", "Output", "Next", "End"},
	"Task":     {"Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials", "Retry", "Catch", "Assign", "Output", "Next", "End"},
	"Parallel": {"Branches", "Arguments", "Retry", "Catch", "Assign", "Output", "Next", "End"},
	"Map": {"ItemProcessor", "Iterator", "Items", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "MaxConcurrency",
		"ToleratedFailureCount", "ToleratedFailurePercentage", "Label", "Retry", "Catch", "Assign", "Output", "Next", "End"},
}

// state reads one state.
//
// A state without a QueryLanguage has the machine's, inside a Parallel or a Map too, whatever that state
// says (measured: iwamot/sfnx, docs/design.md, September 2026).
func (p *parser) state(a at, s *state, o *jsonata.Object, outer, own scopeNames) {
	language := p.language(a, o, p.inherited)
	s.kind, s.comment = p.required(a, o, "Type"), p.text(a, o, "Comment")
	allowed, known := fieldsOf[s.kind]
	if !known {
		if s.kind != "" {
			p.wrong(a.key("Type"), "%q is not a state type", s.kind)
		}
		return
	}
	if language == jsonPath {
		p.pathState(a, s, o)
		return
	}
	p.fields(a, o, append([]string{"Type", "Comment", "QueryLanguage"}, allowed...), nil)
	has := onlyInput
	if s.kind == "Task" || s.kind == "Parallel" || s.kind == "Map" {
		has = withResult
	}
	if slices.Contains(allowed, "Output") {
		s.output = p.template(a, o, "Output", "Output", has)
	}
	if slices.Contains(allowed, "Assign") {
		s.assign = p.assign(a, o, "Assign", has, outer)
	}
	p.transition(a, s, o, allowed)
	p.kind(a, s, o, outer, own)
}

// kind reads what only one type of state has.
func (p *parser) kind(a at, s *state, o *jsonata.Object, outer, own scopeNames) {
	switch s.kind {
	case "Fail":
		s.failure = p.scalar(a, o, "Error", "Error", isText, "a string")
		s.cause = p.scalar(a, o, "Cause", "Cause", isText, "a string")
	case "Wait":
		p.waitFields(a, s, o)
	case "Choice":
		p.choiceFields(a, s, o, outer)
	case "Task":
		p.taskFields(a, s, o)
	case "Parallel":
		s.arguments = p.template(a, o, "Arguments", "Arguments", onlyInput)
		for i, b := range p.list(a, o, "Branches") {
			place := a.key("Branches").index(i)
			p.fields(place, b, []string{"Comment", "StartAt", "States"}, nil)
			s.branches = append(s.branches, p.flow(at{path: place.path, state: s.name, field: place.field}, b, own))
		}
		if _, ok := o.Get("Branches"); !ok {
			p.wrong(a.key("Branches"), "is missing")
		}
	case "Map":
		p.mapFields(a, s, o, own)
	}
	if slices.Contains(fieldsOf[s.kind], "Retry") {
		p.retryFields(a, s, o)
		p.catchFields(a, s, o, outer)
	}
}

// transition reads Next and End, of which exactly one has to be there.
func (p *parser) transition(a at, s *state, o *jsonata.Object, allowed []string) {
	if !slices.Contains(allowed, "Next") {
		return
	}
	s.next = p.text(a, o, "Next")
	if v, ok := o.Get("End"); ok {
		if s.end, ok = v.(bool); !ok {
			p.wrong(a.key("End"), "must be true")
		}
	}
	_, hasNext := o.Get("Next")
	switch {
	case hasNext && s.end:
		p.wrong(a, `has Next and "End": true; only one of them can be there`)
	case !hasNext && !s.end:
		p.wrong(a, `needs Next or "End": true`)
	}
}

func (p *parser) waitFields(a at, s *state, o *jsonata.Object) {
	s.seconds = p.scalar(a, o, "Seconds", "Seconds", numeric(0, maxSeconds), "a whole number of seconds from 0 to 99999999")
	s.timestamp = p.scalar(a, o, "Timestamp", "Timestamp", isTimestamp, "a time such as 2026-01-31T12:00:00Z")
	if (s.seconds == nil) == (s.timestamp == nil) {
		p.wrong(a, "needs either Seconds or Timestamp")
	}
}

func (p *parser) choiceFields(a at, s *state, o *jsonata.Object, outer scopeNames) {
	s.fallback = p.text(a, o, "Default")
	if _, ok := o.Get("Choices"); !ok {
		p.wrong(a.key("Choices"), "is missing")
	}
	for i, c := range p.list(a, o, "Choices") {
		place := a.key("Choices").index(i)
		p.fields(place, c, []string{"Comment", "Condition", "Next", "Assign", "Output"}, nil)
		name := "Choices[" + itoa(i) + "]/"
		r := rule{
			next:      p.required(place, c, "Next"),
			condition: p.scalar(place, c, "Condition", name+"Condition", isBool, "true or false"),
			output:    p.template(place, c, "Output", name+"Output", onlyInput),
			assign:    p.assign(place, c, name+"Assign", onlyInput, outer),
		}
		if r.condition == nil {
			p.wrong(place.key("Condition"), "is missing")
		}
		s.choices = append(s.choices, r)
	}
}

func (p *parser) taskFields(a at, s *state, o *jsonata.Object) {
	s.arguments = p.template(a, o, "Arguments", "Arguments", onlyInput)
	s.credentials = p.template(a, o, "Credentials", "Credentials", onlyInput)
	s.timeout = p.scalar(a, o, "TimeoutSeconds", "TimeoutSeconds", numeric(1, maxSeconds), "a whole number of seconds from 1 to 99999999")
	s.heartbeat = p.scalar(a, o, "HeartbeatSeconds", "HeartbeatSeconds", numeric(1, maxSeconds), "a whole number of seconds from 1 to 99999999")
	if s.timeout != nil && s.heartbeat != nil {
		t, ok := s.timeout.literal.(float64)
		h, also := s.heartbeat.literal.(float64)
		if ok && also && h >= t {
			p.wrong(a.key("HeartbeatSeconds"), "must be smaller than TimeoutSeconds")
		}
	}
	arn := p.required(a, o, "Resource")
	if arn == "" {
		return
	}
	r, ok := parseResource(arn)
	if !ok {
		p.wrong(a.key("Resource"), "%q is neither a Lambda function's ARN nor an integration such as arn:aws:states:::lambda:invoke; Activities are not implemented", arn)
	}
	if strings.HasPrefix(r.service, "aws-sdk:") && r.job {
		p.wrong(a.key("Resource"), "AWS SDK integrations have no .sync")
	}
	s.resource = r
}
