package asl

import (
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// Machine is a state machine that has been checked.
type Machine struct {
	Name       string
	Comment    string
	Definition []byte
	flow       *flow
	timeout    int64 // seconds; 0 when there is none
}

// flow is a set of states with a beginning: the machine, a branch, or an item processor.
type flow struct {
	startAt string
	states  map[string]*state
	order   []string // as written
}

// States lists the names of the machine's states, outer ones first, in the order of the file.
func (m *Machine) States() []string { return m.flow.names(nil) }

func (f *flow) names(out []string) []string {
	out = append(out, f.order...)
	for _, name := range f.order {
		for _, inner := range f.states[name].flows() {
			out = inner.names(out)
		}
	}
	return out
}

// state is one state, its expressions compiled. Fields that its type does not have stay empty.
type state struct {
	name, kind, comment string
	next                string
	end                 bool
	path                string // in the definition, for messages

	output, assign, arguments *template
	resource                  resource
	timeout, heartbeat        *template // seconds
	credentials               *template
	retry                     []retrier
	catch                     []catcher

	choices  []rule
	fallback string // Default

	seconds, timestamp *template
	failure, cause     *template // of a Fail state
	paths              *paths    // of a JSONPath state

	branches []*flow
	mapping  *mapping
}

// flows lists the flows inside a state.
func (s *state) flows() []*flow {
	if s.mapping != nil {
		return []*flow{s.mapping.processor}
	}
	return s.branches
}

// mapping is what only a Map state has.
type mapping struct {
	processor           *flow
	distributed         bool
	label               string
	items, itemSelector *template
	maxConcurrency      *template
	toleratedCount      *template
	toleratedPercentage *template
	reader              *reader
	batcher             *batcher
	writer              *writer
}

type reader struct {
	resource  string
	arguments *template
	config    *template
}

type batcher struct {
	input              *template
	maxItems, maxBytes *template
}

type writer struct {
	resource  string
	arguments *template
	config    jsonata.Value
}

type rule struct {
	condition      *template
	next           string
	output, assign *template
}

type retrier struct {
	errors      []string
	interval    int64 // seconds
	maxAttempts int64
	backoff     float64
	maxDelay    int64 // seconds; 0 when there is none
	fullJitter  bool
}

type catcher struct {
	errors         []string
	next           string
	output, assign *template
}

// resource is what a Task calls, taken apart as the history names it.
type resource struct {
	arn     string
	lambda  bool   // a Lambda function's own ARN, with its own events
	service string // resourceType: lambda, states, sns, aws-sdk:s3
	action  string // resource: invoke, startExecution.sync:2
	token   bool   // .waitForTaskToken
	job     bool   // .sync and .sync:2
}

// parseResource takes an ARN of a service integration or of a Lambda function apart.
func parseResource(arn string) (resource, bool) {
	r := resource{arn: arn}
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[0] != "arn" {
		return r, false
	}
	if parts[2] == "lambda" && parts[5] == "function" && len(parts) >= 7 {
		r.lambda = true
		return r, true
	}
	if parts[2] != "states" || parts[3] != "" || parts[4] != "" {
		return r, false
	}
	rest := strings.Join(parts[5:], ":")
	cut := strings.Index(rest, ":")
	if strings.HasPrefix(rest, "aws-sdk:") {
		if cut = strings.Index(rest[len("aws-sdk:"):], ":"); cut >= 0 {
			cut += len("aws-sdk:")
		}
	}
	if cut < 0 {
		return r, false
	}
	r.service, r.action = rest[:cut], rest[cut+1:]
	_, pattern, _ := strings.Cut(r.action, ".")
	switch pattern {
	case "":
	case "waitForTaskToken":
		r.token = true
	case "sync", "sync:2":
		r.job = true
	default:
		return r, false
	}
	return r, r.service != "" && !strings.HasPrefix(r.action, ".")
}

// name is how a cause names what a Task calls.
func (r resource) name() string {
	if r.lambda {
		return r.arn
	}
	return r.service
}
