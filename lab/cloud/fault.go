package cloud

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/acso/disaster-recovery/lab/sim"
)

// Effect is what a fault does to the calls it meets.
type Effect string

// The effects.
const (
	Unreachable  Effect = "unreachable"   // no answer until the client gives up
	Throttled    Effect = "throttled"     // refused with ThrottlingException
	ErrorBefore  Effect = "error-before"  // refused with a 500, nothing done
	LostResponse Effect = "lost-response" // done, but the answer is lost: the SDK tries again, so it may be done twice
	Slow         Effect = "slow"          // the answer takes 10 s
	StaleRead    Effect = "stale-read"    // a read gives the answer that the same read gave last time
	KillBefore   Effect = "kill-before"   // the caller dies just before the effect
	KillAfter    Effect = "kill-after"    // the caller dies just after the effect
)

// Effects are all effects, in the order of their description.
var Effects = []Effect{Unreachable, Throttled, ErrorBefore, LostResponse, Slow, StaleRead, KillBefore, KillAfter}

// Fault breaks calls. The zero value of a field matches everything.
type Fault struct {
	Region    string // of the endpoint
	Operation string // RDS.PromoteReadReplica, RDS.* or * for all; "mutating" for all that change something
	First     int    // the first matching call that is broken, from 1
	Count     int    // how many calls are broken; 0 means all from First on
	PerName   bool   // count calls of each operation by themselves
	Effect    Effect
}

// ParseFault reads OPERATION[@REGION][#FIRST[+COUNT]]:EFFECT, for example RDS.PromoteReadReplica@us-west-2#1+1:lost-response.
func ParseFault(text string) (Fault, error) {
	const shape = "OPERATION[@REGION][#FIRST[+COUNT]]:EFFECT, for example RDS.PromoteReadReplica@us-west-2#1+1:lost-response"
	target, effect, ok := strings.Cut(text, ":")
	if operation, _, _ := strings.Cut(target, "@"); !ok || operation == "" || operation[0] == '#' {
		return Fault{}, fmt.Errorf("fault %q: want %s", text, shape)
	}
	f := Fault{First: 1, Effect: Effect(effect)}
	if !slices.Contains(Effects, f.Effect) {
		return Fault{}, fmt.Errorf("fault %q: effect %q is none of %v", text, effect, Effects)
	}
	target, numbers, numbered := strings.Cut(target, "#")
	f.Operation, f.Region, _ = strings.Cut(target, "@")
	if !numbered {
		return f, nil
	}
	first, count, counted := strings.Cut(numbers, "+")
	var err error
	if f.First, err = strconv.Atoi(first); err != nil || f.First < 1 {
		return Fault{}, fmt.Errorf("fault %q: %q is not the number of a call, counted from 1; want %s", text, first, shape)
	}
	if counted {
		if f.Count, err = strconv.Atoi(count); err != nil || f.Count < 1 {
			return Fault{}, fmt.Errorf("fault %q: %q is not a number of calls; want %s", text, count, shape)
		}
	}
	return f, nil
}

// String writes the fault as ParseFault reads it.
func (f Fault) String() string {
	text := f.Operation
	if f.Region != "" {
		text += "@" + f.Region
	}
	if f.First > 1 || f.Count > 0 {
		text += "#" + strconv.Itoa(max(1, f.First))
	}
	if f.Count > 0 {
		text += "+" + strconv.Itoa(f.Count)
	}
	return text + ":" + string(f.Effect)
}

// CheckFault tells whether a fault can meet a call at all: its region exists and its operation is modelled.
func (c *Cloud) CheckFault(f Fault) error {
	if _, ok := c.regions[f.Region]; f.Region != "" && !ok {
		return fmt.Errorf("fault %s: there is no region %q here, only %s", f, f.Region, strings.Join(c.Regions(), " and "))
	}
	probe := &activeFault{Fault: f}
	probe.Region = ""
	for name := range c.operations {
		if probe.matches("", name, true) {
			return nil
		}
	}
	return fmt.Errorf("fault %s: the lab models no operation %q; names are like RDS.PromoteReadReplica, RDS.*, mutating or *", f, f.Operation)
}

// Inject adds a fault; remove takes it away again.
func (c *Cloud) Inject(f Fault) (remove func()) {
	active := &activeFault{Fault: f, seen: map[string]int{}}
	c.faults = append(c.faults, active)
	return func() { c.faults = slices.DeleteFunc(c.faults, func(a *activeFault) bool { return a == active }) }
}

type activeFault struct {
	Fault
	seen map[string]int
}

func (f *activeFault) matches(region, operation string, mutating bool) bool {
	if f.Region != "" && f.Region != region {
		return false
	}
	switch {
	case f.Operation == "" || f.Operation == "*":
		return true
	case f.Operation == "mutating":
		return mutating
	case strings.HasSuffix(f.Operation, ".*"):
		return strings.HasPrefix(operation, strings.TrimSuffix(f.Operation, "*"))
	}
	return f.Operation == operation
}

// faultFor counts the call and gives the fault that breaks it, or nil.
func (c *Cloud) faultFor(region, operation string, mutating bool) *activeFault {
	var found *activeFault
	for _, f := range c.faults {
		if !f.matches(region, operation, mutating) {
			continue
		}
		key := ""
		if f.PerName {
			key = operation
		}
		f.seen[key]++
		first := max(1, f.First)
		if n := f.seen[key]; found == nil && n >= first && (f.Count == 0 || n < first+f.Count) {
			found = f
		}
	}
	return found
}

func (f *activeFault) is(e Effect) bool { return f != nil && f.Effect == e }

func (f *activeFault) slow() time.Duration {
	if f.is(Slow) {
		return 10 * time.Second
	}
	return 0
}

func (f *activeFault) before(call *Call) error {
	switch {
	case f.is(Throttled):
		return Throttle()
	case f.is(ErrorBefore):
		return ServerError()
	case f.is(KillBefore):
		sim.Die(call.Context)
	}
	return nil
}

func (f *activeFault) after(call *Call) error {
	switch {
	case f.is(LostResponse):
		return &smithyhttp.RequestSendError{Err: errors.New("connection reset by peer")}
	case f.is(KillAfter):
		sim.Die(call.Context)
	}
	return nil
}

// answer lets the service act; a stale read gets the answer that the same read gave last time, as an eventually
// consistent describe does.
func (c *Cloud) answer(op *operation, call *Call, in any, fault *activeFault) (any, error) {
	if op.mutating || !c.staleReads() || op.current(in) {
		return op.handle(call, in)
	}
	key := call.Region + " " + call.Operation + " " + describe(in)
	last, have := c.stale[key]
	out, err := op.handle(call, in)
	if err == nil {
		c.stale[key] = out
	}
	if have && fault.is(StaleRead) {
		return last, nil
	}
	return out, err
}

func (c *Cloud) staleReads() bool {
	return slices.ContainsFunc(c.faults, func(f *activeFault) bool { return f.Effect == StaleRead })
}
