package lambda

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

// listening is how often a caller of Invoke looks whether the answer is there.
const listening = 10 * time.Millisecond

// registerInvoke models what callers from outside use: the Invoke of a person or of another function. State machines and schedules invoke in the service itself.
// It changes nothing by itself: what the function changes is in the function's own calls.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
func (s *Service) registerInvoke() {
	cloud.Register(s.cloud, "Lambda.Invoke", cloud.Spec[lambda.InvokeInput]{
		Current: cloud.Consistent[lambda.InvokeInput],
		Actions: func(call *cloud.Call, in *lambda.InvokeInput) []grant.Action {
			return []grant.Action{{Name: "lambda:InvokeFunction", Resource: s.ARN(call.Region, aws.ToString(in.FunctionName))}}
		},
	}, s.invoke)
}

// invoke waits for the function, as a synchronous call does.
func (s *Service) invoke(call *cloud.Call, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	arn := s.ARN(call.Region, aws.ToString(in.FunctionName))
	if _, ok := s.functions[arn]; !ok {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Function not found: " + arn)}
	}
	var out *lambda.InvokeOutput
	cancel := s.Invoke(arn, json.RawMessage(in.Payload), func(answer json.RawMessage, failed *Error) {
		out = &lambda.InvokeOutput{StatusCode: 200, Payload: answer}
		if failed == nil {
			return
		}
		out.FunctionError = aws.String("Unhandled")
		text, err := json.Marshal(failed)
		if err != nil {
			panic(err) // two strings
		}
		out.Payload = text
	})
	for out == nil {
		if err := call.Context.Err(); err != nil {
			cancel()
			return nil, &aws.RequestCanceledError{Err: err}
		}
		sim.Sleep(call.Context, listening)
	}
	return out, nil
}
