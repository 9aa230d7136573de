package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Config makes an aws.Config whose clients talk to the lab as the principal, from its region.
//
// The checksum and compression settings are those of LoadDefaultConfig, which a literal aws.Config leaves unset.
func (c *Cloud) Config(p Principal) aws.Config {
	return aws.Config{
		Region:                     p.Region,
		Credentials:                credentials.NewStaticCredentialsProvider("LAB", "lab", ""),
		HTTPClient:                 noNetwork{},
		Retryer:                    retryer,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		// https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html: smaller bodies are not compressed.
		RequestMinCompressSizeBytes: 10240,
		APIOptions:                  []func(*middleware.Stack) error{func(stack *middleware.Stack) error { return c.attach(stack, p) }},
	}
}

type inputKey struct{}

func (c *Cloud) attach(stack *middleware.Stack, p Principal) error {
	keep := middleware.InitializeMiddlewareFunc("LabInput",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
		})
	if err := stack.Initialize.Add(keep, middleware.After); err != nil { // after validation
		return err
	}
	// Each attempt is answered inside of the retry loop. Only S3 goes on to the last step: what signs and resolves
	// endpoints for the others changes nothing that the lab looks at, but S3's checksums are computed on that way.
	inRetries := middleware.FinalizeMiddlewareFunc("LabAnswer",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if awsmiddleware.GetServiceID(ctx) == "S3" {
				return next.HandleFinalize(ctx, in)
			}
			result, err := c.reply(ctx, p, in.Request)
			return middleware.FinalizeOutput{Result: result}, middleware.Metadata{}, err
		})
	if err := stack.Finalize.Insert(inRetries, "Retry", middleware.After); err != nil {
		return err
	}
	last := middleware.DeserializeMiddlewareFunc("LabAnswer",
		func(ctx context.Context, in middleware.DeserializeInput, _ middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			response := &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}}
			result, err := c.reply(ctx, p, in.Request)
			return middleware.DeserializeOutput{RawResponse: response, Result: result}, middleware.Metadata{}, err
		})
	return stack.Deserialize.Add(last, middleware.Before)
}

func (c *Cloud) reply(ctx context.Context, p Principal, message any) (any, error) {
	request, _ := message.(*smithyhttp.Request)
	return c.attempt(&Call{
		Context: ctx, Region: awsmiddleware.GetRegion(ctx), Caller: p, request: request,
		Operation: awsmiddleware.GetServiceID(ctx) + "." + awsmiddleware.GetOperationName(ctx),
	}, middleware.GetStackValue(ctx, inputKey{}))
}

// attempt is the life of one attempt: the way there, faults, permission, effect, the way back.
func (c *Cloud) attempt(call *Call, in any) (out any, err error) {
	c.calls++
	op, known := c.operations[call.Operation]
	if !known {
		panic(fmt.Sprintf("lab: %s called %s, which the lab does not model: register it under lab/cloud", call.Caller.Name, call.Operation))
	}
	to := call.Region
	if op.global != "" {
		to = op.global
	}
	var actions []grant.Action
	var effect bool
	defer func() { c.record(call, to, op, actions, effect, err) }() // also when the caller dies in the call

	fault := c.faultFor(to, call.Operation, op.mutating)
	sim.Sleep(call.Context, c.latency(call.Caller.Region, to)+fault.slow())
	if c.dead(call.Caller.Region) {
		sim.Die(call.Context) // a function dies with its region, wherever it is in its work
	}
	if !c.Reachable(call.Caller.Region, to) || fault.is(Unreachable) {
		return nil, c.unanswered(call.Context)
	}
	if err := call.Context.Err(); err != nil {
		return nil, &aws.RequestCanceledError{Err: err}
	}
	if err := fault.before(call); err != nil {
		return nil, err
	}
	if actions = op.actions(call, in); !call.Caller.Unlimited {
		for _, action := range actions {
			if !grant.Allowed(call.Caller.Grants, action) {
				return nil, Denied(call.Caller.Name, action)
			}
		}
	}
	if op.mutating {
		c.mutations++
	}
	out, err = c.answer(op, call, in, fault)
	effect = err == nil
	if err := fault.after(call); err != nil {
		return nil, err
	}
	return out, err
}

func (c *Cloud) record(call *Call, to string, op *operation, actions []grant.Action, effect bool, err error) {
	if len(c.observers) == 0 {
		return
	}
	r := Record{
		At: c.Sim.Now(), Caller: call.Caller.Name, From: call.Caller.Region, To: to,
		Operation: call.Operation, Mutating: op.mutating, Actions: actions, Effect: effect, Err: err,
	}
	for _, f := range c.observers {
		f(r)
	}
}

// Latencies of one API call. A guess within what the services' CloudWatch metrics commonly show; the distance between
// us-east-1 and us-west-2 is about 60 ms there and back.
const (
	fastCall, slowCall = 15 * time.Millisecond, 120 * time.Millisecond
	crossRegion        = 60 * time.Millisecond
	// connectTimeout is how long an unanswered call takes: the SDK's default dial timeout
	// (aws/transport/http.DefaultDialConnectTimeout, 30 s).
	connectTimeout = 30 * time.Second
)

func (c *Cloud) latency(from, to string) time.Duration {
	d := c.Sim.Between("latency", fastCall, slowCall)
	if from != to {
		d += crossRegion
	}
	return d
}

// unanswered waits as a client does when nothing answers, and fails as the SDK does then.
func (c *Cloud) unanswered(ctx context.Context) error {
	wait := connectTimeout
	if left, ok := c.Sim.Remaining(ctx); ok && left < wait {
		wait = max(0, left)
	}
	sim.Sleep(ctx, wait)
	if ctx.Err() != nil {
		return &aws.RequestCanceledError{Err: context.Cause(ctx)}
	}
	return &smithyhttp.RequestSendError{Err: errors.New("dial tcp: i/o timeout")}
}

// retryer keeps the SDK's rules of what is retried, without its back-off in real time and its client-side rate limit.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		o.RateLimiter = unlimited{}
	})
}

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

type noNetwork struct{}

func (noNetwork) Do(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("lab: a call to %s escaped to the network", r.URL.Host)
}
