package infrastructure_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/internal/infrastructure"
)

func TestADocumentIsReadAsItWasWritten(t *testing.T) {
	taken := time.Date(2026, 3, 4, 23, 59, 0, 0, time.FixedZone("", -2*3600))
	want := infrastructure.Deployment{
		Commit: "0123", Repository: "https://git.company.com/x.git", Archive: infrastructure.ArchiveName(taken), ArchiveSHA256: "aa",
		TakenAt: taken.UTC().Format(time.RFC3339),
		Stacks:  []infrastructure.Stack{{Name: "acso", Region: "us-east-1", Template: infrastructure.TemplatePath("us-east-1", "acso"), Parameters: map[string]string{"a": "b"}}},
		Unread:  []infrastructure.Unread{{Region: "us-west-2", Why: "no answer"}},
	}
	text, err := infrastructure.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := infrastructure.Parse(text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if want.Archive != "acso-infrastructure-20260305.tar.gz" {
		t.Errorf("the day is UTC's: %s", want.Archive)
	}
}

func TestADocumentThatNothingCanBeMadeFromIsRefused(t *testing.T) {
	for _, text := range []string{``, `{`, `{}`, `{"commit":"0123"}`, `{"archive":"a.tar.gz"}`, `[]`} {
		if d, err := infrastructure.Parse([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, d)
		}
	}
}
