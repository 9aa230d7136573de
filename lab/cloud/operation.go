package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/acso/disaster-recovery/internal/grant"
)

// Call is one attempt of one API call, as a service sees it.
type Call struct {
	Context   context.Context
	Region    string // of the endpoint
	Caller    Principal
	Operation string // RDS.PromoteReadReplica
	request   *smithyhttp.Request
}

// Principal is who calls: a function with its grants, a state machine, or the scenario itself.
type Principal struct {
	Name      string
	Region    string        // where it runs
	Grants    []grant.Grant // nil together with Unlimited false denies everything
	Unlimited bool          // the scenario and AWS's own services
}

// Spec describes an operation to the seam.
type Spec[In any] struct {
	Mutating bool
	// Current reads are never stale, for example because the caller asked for consistency. Nil means that any may be.
	Current func(in *In) bool
	// Global operations are answered by the region that holds the service's control plane, wherever they are sent.
	Global string
	// Actions are all IAM actions that AWS checks for the call, dependents included, each with its resource.
	Actions func(call *Call, in *In) []grant.Action
}

// Consistent is Spec.Current of a service whose reads are never stale.
func Consistent[In any](*In) bool { return true }

type operation struct {
	mutating bool
	global   string
	current  func(any) bool
	input    func() any
	actions  func(*Call, any) []grant.Action
	handle   func(*Call, any) (any, error)
}

// Register models an operation. The name is SDK service ID and operation: RDS.PromoteReadReplica. The handler runs
// in the one thread of the simulation and takes no virtual time: the seam adds the latency around it.
func Register[In, Out any](c *Cloud, name string, spec Spec[In], handle func(*Call, *In) (*Out, error)) {
	if _, ok := c.operations[name]; ok {
		panic("lab: operation " + name + " is registered twice")
	}
	c.operations[name] = &operation{
		mutating: spec.Mutating,
		global:   spec.Global,
		current:  func(in any) bool { return spec.Current != nil && spec.Current(in.(*In)) },
		input:    func() any { return new(In) },
		actions:  func(call *Call, in any) []grant.Action { return spec.Actions(call, in.(*In)) },
		handle: func(call *Call, in any) (any, error) {
			out, err := handle(call, in.(*In))
			if err != nil {
				return nil, err // a nil *Out in an interface would not be nil
			}
			return out, nil
		},
	}
}

// Body is the payload as AWS receives it: the request's stream without the aws-chunked framing. Reading the Body of
// the input instead bypasses the SDK's checksum reader, and the SDK then fails the call.
func (call *Call) Body() ([]byte, error) {
	stream := call.request.GetStream()
	if stream == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(stream)
	if err != nil || !strings.Contains(call.request.Header.Get("Content-Encoding"), "aws-chunked") {
		return raw, err
	}
	return unchunk(raw)
}

// Header is a header of the request, for what the SDK computes on the way (checksums).
func (call *Call) Header(name string) string { return call.request.Header.Get(name) }

func unchunk(raw []byte) ([]byte, error) {
	var body []byte
	for {
		line, rest, ok := bytes.Cut(raw, []byte("\r\n"))
		if !ok {
			return nil, errors.New("aws-chunked body: no chunk header")
		}
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || n < 0 || n+2 > int64(len(rest)) && n != 0 {
			return nil, fmt.Errorf("aws-chunked body: chunk header %q with %d bytes left", line, len(rest))
		}
		if n == 0 {
			return body, nil // what is left is the trailer with the checksum
		}
		body = append(body, rest[:n]...)
		raw = rest[n+2:]
	}
}
