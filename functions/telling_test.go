package functions_test

import (
	"testing"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/functions/escalate"
)

// A run that still sends must not count as dead, or its messages would be sent beside it.
func TestAMessageIsOnItsWayLongerThanTheFunctionMayTake(t *testing.T) {
	f, found := functions.Named("escalate")
	if !found || escalate.Lease <= f.Timeout {
		t.Errorf("the lease is %s, and the function may take %s", escalate.Lease, f.Timeout)
	}
}
