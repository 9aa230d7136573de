package restoretest_test

import (
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

const execution = "arn:aws:states:us-east-1:111122223333:execution:acso-production-test-restore:weekly"

// TestNothingButTheTestsOwnNamesIsOwned tries the names of production, of other tests, and of what only looks alike.
func TestNothingButTheTestsOwnNamesIsOwned(t *testing.T) {
	for _, name := range []string{"production", "test"} {
		e, err := environments.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		own := restoretest.Instance(e, execution, restoretest.Snapshot)
		if !strings.HasPrefix(own, "acso-restoretest-"+name+"-") || len(own) > 63 {
			t.Errorf("%s: %q is no throwaway name that RDS takes", name, own)
		}
		if err := restoretest.Own(e, execution, own); err != nil {
			t.Errorf("%s refuses its own %s: %v", name, own, err)
		}
		for _, other := range []string{
			"", e.Database.Identifier, e.Database.Replica, e.RestoreTest(), restoretest.Name(e, execution), own + "-2", own[:len(own)-1],
			restoretest.Instance(e, execution+"2", restoretest.Snapshot), "acso-restoretest-other-0123456789ab-snapshot", strings.ToUpper(own),
		} {
			if err := restoretest.Own(e, execution, other); !failure.Is(err, failure.Unsafe) {
				t.Errorf("%s: %q gives %v, want Unsafe", name, other, err)
			}
		}
	}
}

func TestOnlyExecutionsOfTheTestAreTests(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	if err := restoretest.Check(e, "us-east-1", execution); err != nil {
		t.Error(err)
	}
	for _, other := range []string{
		"", "weekly", strings.Replace(execution, "us-east-1", "us-west-2", 1), strings.Replace(execution, "test-restore", "failover", 1),
		strings.Replace(execution, "production", "test", 1), strings.TrimSuffix(execution, "weekly"), strings.Replace(execution, "111122223333", "999999999999", 1),
	} {
		if err := restoretest.Check(e, "us-east-1", other); !failure.Is(err, failure.InvalidInput) {
			t.Errorf("%q gives %v, want InvalidInput", other, err)
		}
	}
}
