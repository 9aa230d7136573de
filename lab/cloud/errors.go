package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/acso/disaster-recovery/internal/grant"
)

// Error is an error that AWS returns by code, for those that the SDK has no type for.
func Error(code, message string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(message, args...), Fault: smithy.FaultClient}
}

const accessDenied = "AccessDeniedException"

// Denied is what AWS answers to a call that no policy allows.
func Denied(caller string, action grant.Action) error {
	return Error(accessDenied, "User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		caller, action.Name, action.Resource, action.Name)
}

// IsDenied tells whether AWS refused a call because no policy allows it.
func IsDenied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == accessDenied
}

// Throttle is what AWS answers when it is called too often.
func Throttle() error { return status(http.StatusBadRequest, "ThrottlingException", "Rate exceeded") }

// ServerError is what AWS answers when it is itself broken. Without the status around it the SDK would not retry.
func ServerError() error {
	return status(http.StatusInternalServerError, "InternalFailure", "Internal server error")
}

func status(code int, name, message string) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}},
		Err:      Error(name, "%s", message),
	}}
}

// describe makes a read's input comparable by what it says instead of by its pointers.
func describe(in any) string {
	text, err := json.Marshal(in)
	if err != nil {
		panic(fmt.Sprintf("lab: an SDK input does not marshal: %v", err))
	}
	return string(text)
}
