package judging_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

// TestACallThatFailedSaysNothing, unless it says that the thing is not there.
func TestACallThatFailedSaysNothing(t *testing.T) {
	missing := failure.New(failure.NotFound, "describe the replica", "RDS lists none")
	for err, want := range map[error]judging.Verdict{
		missing: judging.Fail, failure.New(failure.Denied, "describe the replica", "no right"): judging.Unknown, errors.New("cut off"): judging.Unknown,
	} {
		if f := judging.Of(err); f.Verdict != want || !strings.Contains(f.Evidence, err.Error()) {
			t.Errorf("%v: %+v", err, f)
		}
	}
	if f := judging.Of(missing).Do("make %d", 1); f.Verdict != judging.Fail || f.Next != "make 1" {
		t.Errorf("%+v", f)
	}
}

// TestAllNamesTheWrongOnes: each by its name and in order, as long as people can read them.
func TestAllNamesTheWrongOnes(t *testing.T) {
	if f := judging.All(nil, "all %d", 3); f.Verdict != judging.Pass || f.Evidence != "all 3" {
		t.Errorf("%+v", f)
	}
	var many []string
	for n := range 12 {
		many = append(many, fmt.Sprintf("thing %02d", 11-n))
	}
	if f := judging.All(many, "none"); f.Verdict != judging.Fail || !strings.HasPrefix(f.Evidence, "thing 00; thing 01;") || !strings.HasSuffix(f.Evidence, "thing 09; and 2 more") {
		t.Errorf("%+v", f)
	}
}

func TestAMemoAsksOnce(t *testing.T) {
	asked := 0
	var m judging.Memo[int]
	for range 3 {
		if n, err := m.Get(func() (int, error) { asked++; return asked, errors.New("as said") }); n != 1 || err == nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}
