package platform_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/platform"
)

type input struct {
	Action string `json:"action"`
}

func TestTheInputIsDecodedBeforeAnythingIsTouched(t *testing.T) {
	touched := 0
	handler := platform.Entry(func(_ context.Context, in input) (string, error) { touched++; return in.Action, nil })
	for text, ok := range map[string]bool{
		``: true, ` `: true, `{}`: true, `{"action":"open"}`: true,
		`{"aktion":"open"}`: false, `{"action":1}`: false, `{} {}`: false, `[]`: false, `{`: false, `nonsense`: false,
	} {
		touched = 0
		_, err := handler(context.Background(), json.RawMessage(text))
		if ok {
			if err != nil || touched != 1 {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if kind(err) != string(failure.InvalidInput) || touched != 0 {
			t.Errorf("%q: %v, touched %d times", text, err, touched)
		}
	}
}

// kind is the error type that aws-lambda-go reports: it takes this type as it is and any other by its Go name.
func kind(err error) string {
	var reported messages.InvokeResponse_Error
	if errors.As(err, &reported) {
		return reported.Type
	}
	return ""
}

func TestAnErrorLeavesByItsKindHoweverDeepItIs(t *testing.T) {
	for want, err := range map[failure.Kind]error{
		failure.Superseded: failure.New(failure.Superseded, "promote", "lost the lock"),
		failure.Unsafe:     errors.Join(errors.New("while closing"), failure.New(failure.Unsafe, "flip", "owed")),
		failure.Internal:   errors.New("index out of range"),
	} {
		handler := platform.Entry(func(context.Context, input) (string, error) { return "", err })
		if _, got := handler(context.Background(), nil); kind(got) != string(want) {
			t.Errorf("%v is reported as %q, want %s", err, kind(got), want)
		}
	}
}
