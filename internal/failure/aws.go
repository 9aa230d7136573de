package failure

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// FromAWS gives an error of an SDK call its kind. It returns nil for nil and leaves a failure as it is.
func FromAWS(err error, op string, args ...any) error {
	if err == nil {
		return nil
	}
	var already *Error
	if errors.As(err, &already) {
		return err
	}
	return &Error{Kind: kindOfAWS(err), Op: fmt.Sprintf(op, args...), Err: err}
}

// Code is the error code that AWS returned, or "" when there was no answer.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func kindOfAWS(err error) Kind {
	code := Code(err)
	switch {
	case code == "" || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return Unavailable
	case strings.Contains(code, "Throttl"), strings.Contains(code, "TooManyRequests"), strings.Contains(code, "RequestLimitExceeded"),
		strings.Contains(code, "ServiceUnavailable"), strings.Contains(code, "InternalFailure"), strings.Contains(code, "InternalServer"),
		strings.Contains(code, "InternalError"), strings.Contains(code, "SlowDown"):
		return Unavailable
	case strings.Contains(code, "AccessDenied"), strings.Contains(code, "NotAuthorized"), strings.Contains(code, "UnauthorizedOperation"):
		return Denied
	case strings.Contains(code, "KMSKey"), strings.Contains(code, "DisabledException"):
		return KeyMissing
	case strings.Contains(code, "Quota"), strings.Contains(code, "LimitExceeded"):
		return QuotaReached
	case strings.Contains(code, "NotFound"), strings.HasPrefix(code, "NoSuch"):
		return NotFound
	}
	return Failed
}
