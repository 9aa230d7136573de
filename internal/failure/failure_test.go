package failure_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	"github.com/acso/disaster-recovery/internal/failure"
)

func TestErrorsOfAWSHaveTheKindThatTheMachinesKnow(t *testing.T) {
	api := func(code string) error { return &smithy.GenericAPIError{Code: code, Message: "m"} }
	for _, c := range []struct {
		err  error
		want failure.Kind
	}{
		{api("ThrottlingException"), failure.Unavailable},
		{api("TooManyRequestsException"), failure.Unavailable},
		{api("InternalFailure"), failure.Unavailable},
		{errors.New("dial tcp: i/o timeout"), failure.Unavailable},
		{&aws.RequestCanceledError{Err: context.DeadlineExceeded}, failure.Unavailable},
		{api("AccessDeniedException"), failure.Denied},
		{api("UnauthorizedOperation"), failure.Denied},
		{&types.KMSKeyNotAccessibleFault{}, failure.KeyMissing},
		{&types.SnapshotQuotaExceededFault{}, failure.QuotaReached},
		{&types.DBInstanceNotFoundFault{}, failure.NotFound},
		{api("NoSuchKey"), failure.NotFound},
		{&types.InvalidDBInstanceStateFault{}, failure.Failed},
	} {
		if got := failure.KindOf(failure.FromAWS(fmt.Errorf("operation error: %w", c.err), "try")); got != c.want {
			t.Errorf("%T %v is %s, want %s", c.err, c.err, got, c.want)
		}
	}
	if failure.FromAWS(nil, "try") != nil {
		t.Error("no error became one")
	}
}

func TestAFailureKeepsItsKindThroughFromAWS(t *testing.T) {
	err := failure.New(failure.Unsafe, "flip", "the fence is owed")
	if got := failure.FromAWS(err, "try"); !errors.Is(got, err) {
		t.Errorf("became %v", got)
	}
}

func TestAnErrorSaysWhatWhyAndWhatNext(t *testing.T) {
	err := failure.New(failure.KeyMissing, "copy snapshot x", "no key in %s", "us-west-2").Next("enable %s", "the key")
	if want := "copy snapshot x: no key in us-west-2 (next: enable the key)"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if failure.KindOf(errors.New("x")) != failure.Internal || failure.Is(nil, failure.Internal) {
		t.Error("an error of nobody is Internal, and no error is none")
	}
}
