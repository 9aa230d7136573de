// Package lambda runs the real handlers of this project as AWS Lambda would: in an execution environment that is kept
// between invocations, under a time limit, and dead with its region.
//
// It does not model packaging, layers or asynchronous retries: whoever invokes (a state machine, a schedule, a rule)
// decides about retries.
package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Error is how an invocation failed, as its caller sees it.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Function is a deployed function.
type Function struct {
	Name    string // as deployed: acso-production-fence
	Timeout time.Duration
	New     func() platform.Handler // makes a new execution environment
	// Concurrency is how many invocations run at once; 0 is no bound. Whoever asks for one more is refused:
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
	Concurrency int
}

// Durations of an invocation. A Go binary on provided.al2023 is initialised in tens of milliseconds; with the
// environment's creation a cold start is commonly 100 to 400 ms. A guess within what is published about cold starts.
const (
	fastCold, slowCold = 100 * time.Millisecond, 400 * time.Millisecond
	warm               = 5 * time.Millisecond
)

// Service is AWS Lambda in all regions.
type Service struct {
	cloud     *cloud.Cloud
	functions map[string]*deployed // by ARN
}

type deployed struct {
	Function
	region string
	idle   []platform.Handler // execution environments that wait for the next invocation
	active int                // invocations that began and have not ended
	build  string             // what tells its code from that of the other region
}

// New makes the service.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, functions: map[string]*deployed{}}
	s.register()
	s.registerInvoke()
	return s
}

// ARN is the ARN of a function in a region.
func (s *Service) ARN(region, name string) string {
	return s.cloud.ARN("lambda", region, "function:"+name)
}

// Deploy creates or replaces a function in a region.
func (s *Service) Deploy(region string, f Function) {
	s.functions[s.ARN(region, f.Name)] = &deployed{Function: f, region: region}
}

// Invoke runs the function once; done is called in a later event, at most once. The returned cancel kills the
// invocation: AWS would let it run on, but nobody would hear of its end; the lab kills it so that a crash test decides
// what an invocation that died has done.
func (s *Service) Invoke(arn string, payload json.RawMessage, done func(json.RawMessage, *Error)) (cancel func()) {
	f, ok := s.functions[arn]
	if !ok {
		return s.cloud.Sim.After(0, func() {
			done(nil, &Error{Type: "Lambda.ResourceNotFoundException", Message: "Function not found: " + arn})
		})
	}
	in := &invocation{service: s, function: f, payload: payload, done: done}
	s.cloud.WhenAlive(f.region, in.admit)
	return in.cancel
}

// Accept is an invocation as an event: done is called when Lambda has taken it, the function runs on its own, and nobody hears
// how it ends. AWS tries a function that failed twice more, a minute and two minutes later; the lab does not, so that what
// counts on an event is seen to be best effort: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
func (s *Service) Accept(arn string, payload json.RawMessage, done func(*Error)) (cancel func()) {
	f, ok := s.functions[arn]
	if !ok {
		return s.cloud.Sim.After(0, func() {
			done(&Error{Type: "Lambda.ResourceNotFoundException", Message: "Function not found: " + arn})
		})
	}
	stopped := false
	s.cloud.WhenAlive(f.region, func() {
		s.cloud.Sim.After(warm, func() {
			if stopped {
				return
			}
			s.Invoke(arn, payload, func(json.RawMessage, *Error) {})
			done(nil)
		})
	})
	return func() { stopped = true }
}

// admit begins an invocation, or refuses it when as many as are allowed have begun.
func (in *invocation) admit() {
	f := in.function
	if f.Concurrency > 0 && f.active >= f.Concurrency {
		in.service.cloud.Sim.After(warm, func() {
			if !in.ended {
				in.ended = true
				in.done(nil, &Error{Type: "Lambda.TooManyRequestsException", Message: "Rate Exceeded."})
			}
		})
		return
	}
	f.active++
	in.admitted = true
	in.service.cloud.Sim.After(in.acquire(), in.start)
}

// leave makes room for the next invocation, once.
func (in *invocation) leave() {
	if in.admitted {
		in.admitted = false
		in.function.active--
	}
}

type invocation struct {
	service  *Service
	function *deployed
	payload  json.RawMessage
	done     func(json.RawMessage, *Error)

	handler platform.Handler
	process *sim.Process
	timer   func()
	ended   bool
	output  json.RawMessage

	admitted bool // it counts as active
	err      error
}

// acquire takes an idle execution environment or makes one, and tells how long that takes.
func (in *invocation) acquire() time.Duration {
	f := in.function
	if n := len(f.idle); n > 0 {
		in.handler, f.idle = f.idle[n-1], f.idle[:n-1]
		return warm
	}
	in.handler = f.New()
	return in.service.cloud.Sim.Between("lambda.cold", fastCold, slowCold)
}

func (in *invocation) start() {
	if in.ended {
		return
	}
	world := in.service.cloud.Sim
	ctx, stop := world.WithTimeout(context.Background(), in.function.Timeout)
	in.timer = world.After(in.function.Timeout, func() { in.timedOut(stop) })
	in.process = world.Go(ctx, func(ctx context.Context) {
		in.output, in.err = in.handler(ctx, in.payload)
	}, func(killed bool) {
		stop()
		in.finished(killed)
	})
}

func (in *invocation) finished(killed bool) {
	in.leave()
	if in.ended {
		return
	}
	in.ended = true
	in.timer()
	switch {
	case !in.service.cloud.Alive(in.function.region):
		// However far it came, its answer went nowhere. Whoever called lives in the same region: both hear of it when the region is back.
		in.service.cloud.WhenAlive(in.function.region, func() { in.done(nil, exited()) })
	case killed:
		in.done(nil, exited())
	case in.err != nil:
		in.function.idle = append(in.function.idle, in.handler)
		in.done(nil, asError(in.err))
	default:
		in.function.idle = append(in.function.idle, in.handler)
		in.done(in.output, nil)
	}
}

// timedOut ends an invocation at its limit. Lambda reports it as Sandbox.Timedout to Step Functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func (in *invocation) timedOut(stop func()) {
	if in.ended {
		return
	}
	in.ended = true
	in.leave()
	in.process.Kill()
	stop()
	in.done(nil, &Error{Type: "Sandbox.Timedout", Message: fmt.Sprintf("Error: Task timed out after %.2f seconds", in.function.Timeout.Seconds())})
}

func (in *invocation) cancel() {
	if in.ended {
		return
	}
	in.ended = true
	in.leave()
	if in.timer != nil {
		in.timer()
	}
	if in.process != nil {
		in.process.Kill()
	}
}

func exited() *Error {
	return &Error{Type: "Runtime.ExitError", Message: "RequestId: lab Error: Runtime exited without providing a reason"}
}

// asError is what aws-lambda-go reports for an error that a handler returned.
func asError(err error) *Error {
	var typed messages.InvokeResponse_Error
	if errors.As(err, &typed) {
		return &Error{Type: typed.Type, Message: typed.Message}
	}
	return &Error{Type: "errorString", Message: err.Error()}
}
