package asl

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

func itoa(i int) string { return strconv.Itoa(i) }

func isBool(v jsonata.Value) bool { _, ok := v.(bool); return ok }

func isTimestamp(v jsonata.Value) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// reservedErrors are the names that begin with "States.":
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
var reservedErrors = []string{
	"States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold",
	"States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed",
	"States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions", "States.QueryEvaluationError",
	"States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime", "States.TaskFailed", "States.Timeout",
}

// errorNames reads ErrorEquals of the rule at position i of n.
func (p *parser) errorNames(a at, o *jsonata.Object, i, n int) []string {
	place := a.key("ErrorEquals")
	v, ok := o.Get("ErrorEquals")
	list, isList := v.([]jsonata.Value)
	if !ok || !isList || len(list) == 0 {
		p.wrong(place, "must be an array with at least one error name")
		return nil
	}
	var names []string
	for j, x := range list {
		name, ok := x.(string)
		switch {
		case !ok || name == "":
			p.wrong(place.index(j), "must be an error name")
			continue
		case strings.HasPrefix(name, "States.") && !slices.Contains(reservedErrors, name):
			p.wrong(place.index(j), "%q is not one of the names that begin with States.", name)
		}
		names = append(names, name)
	}
	if slices.Contains(names, "States.ALL") {
		if len(names) > 1 {
			p.wrong(place, "States.ALL stands alone")
		}
		if i != n-1 {
			p.wrong(place, "States.ALL stands in the last rule")
		}
	}
	return names
}

func (p *parser) retryFields(a at, s *state, o *jsonata.Object) {
	rules := p.list(a, o, "Retry")
	for i, r := range rules {
		place := a.key("Retry").index(i)
		p.fields(place, r, []string{"Comment", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}, nil)
		out := retrier{
			errors:      p.errorNames(place, r, i, len(rules)),
			interval:    p.number(place, r, "IntervalSeconds", 0, maxSeconds, 1),
			maxAttempts: p.number(place, r, "MaxAttempts", 0, maxSeconds, 3),
			maxDelay:    p.number(place, r, "MaxDelaySeconds", 1, 31622400, 0),
			backoff:     2,
		}
		if v, ok := r.Get("BackoffRate"); ok {
			n, isNumber := v.(float64)
			if !isNumber || n < 1 || math.IsInf(n, 0) {
				p.wrong(place.key("BackoffRate"), "must be a number of at least 1.0")
			}
			out.backoff = n
		}
		if out.maxDelay != 0 && out.maxDelay <= out.interval {
			p.wrong(place.key("MaxDelaySeconds"), "must be greater than IntervalSeconds")
		}
		switch jitter := p.text(place, r, "JitterStrategy"); jitter {
		case "FULL":
			out.fullJitter = true
		case "NONE", "":
		default:
			p.wrong(place.key("JitterStrategy"), "must be FULL or NONE")
		}
		s.retry = append(s.retry, out)
	}
}

func (p *parser) catchFields(a at, s *state, o *jsonata.Object, outer scopeNames) {
	rules := p.list(a, o, "Catch")
	for i, r := range rules {
		place := a.key("Catch").index(i)
		p.fields(place, r, []string{"Comment", "ErrorEquals", "Next", "Assign", "Output"}, nil)
		name := "Catch[" + itoa(i) + "]/"
		s.catch = append(s.catch, catcher{
			errors: p.errorNames(place, r, i, len(rules)),
			next:   p.required(place, r, "Next"),
			output: p.template(place, r, "Output", name+"Output", withError),
			assign: p.assign(place, r, name+"Assign", withError, outer),
		})
	}
}
