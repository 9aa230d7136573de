package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Handler is a function as the Lambda service calls it: JSON in, JSON out.
type Handler func(ctx context.Context, payload json.RawMessage) (json.RawMessage, error)

// Entry puts the boundary around a typed handler: the input is decoded strictly before anything is touched, and
// an error leaves as the one type whose name aws-lambda-go reports as it is.
func Entry[In, Out any](handle func(context.Context, In) (Out, error)) Handler {
	return func(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
		var input In
		if err := Decode(payload, &input); err != nil {
			return nil, boundary(&failure.Error{Kind: failure.InvalidInput, Op: "decode the input", Err: err})
		}
		output, err := handle(ctx, input)
		if err != nil {
			return nil, boundary(err)
		}
		answer, err := json.Marshal(output)
		if err != nil {
			return nil, boundary(fmt.Errorf("encode the output: %w", err))
		}
		return answer, nil
	}
}

// Decode reads one JSON value strictly: an unknown field or a second value is a mistake. Nothing at all counts as {}.
func Decode(payload json.RawMessage, into any) error {
	if len(bytes.TrimSpace(payload)) == 0 {
		payload = json.RawMessage("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}

func boundary(err error) error {
	return messages.InvokeResponse_Error{Type: string(failure.KindOf(err)), Message: err.Error()}
}
