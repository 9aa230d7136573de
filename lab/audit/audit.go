// Package audit keeps what functions were seen to call, action by action, and compares it with what they may do.
//
// It judges nothing from names or comments: a right is used when a call that needed it was made, and missing when a call
// was denied for want of it. What callers without limits do (the scenario, AWS's own services) is not looked at.
package audit

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/drill"
)

// Use is one permission that AWS checked for a call of somebody.
type Use struct {
	Caller    string // as the registry names the function, or "machine " and the deployed name
	Region    string // where the caller runs
	Operation string // RDS.PromoteReadReplica
	grant.Action
}

// Log is a set of uses. It may be fed from several goroutines.
type Log struct {
	lock   sync.Mutex
	uses   map[Use]int
	denied map[Use]int
}

// New makes an empty log.
func New() *Log { return &Log{uses: map[Use]int{}, denied: map[Use]int{}} }

// Record takes one attempt: give it to cloud.Observe. An attempt that never got as far as the check of permissions has no
// actions, and leaves nothing. What a thief does uses no right, and has to be denied: its scenario sees to that.
func (l *Log) Record(r cloud.Record) {
	if strings.HasPrefix(r.Caller, drill.Thief) {
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	into := l.uses
	if cloud.IsDenied(r.Err) {
		into = l.denied
	}
	for _, action := range r.Actions {
		into[Use{Caller: r.Caller, Region: r.From, Operation: r.Operation, Action: action}]++
	}
}

// Uses are all uses, sorted.
func (l *Log) Uses() []Use { return l.sorted(l.uses) }

// Denied are the uses of calls that were denied: every action of such a call, of which at least one had no grant.
func (l *Log) Denied() []Use { return l.sorted(l.denied) }

func (l *Log) sorted(set map[Use]int) []Use {
	l.lock.Lock()
	defer l.lock.Unlock()
	list := make([]Use, 0, len(set))
	for use := range set {
		list = append(list, use)
	}
	slices.SortFunc(list, func(a, b Use) int {
		return cmp.Or(strings.Compare(a.Caller, b.Caller), strings.Compare(a.Name, b.Name), strings.Compare(a.Resource, b.Resource),
			strings.Compare(a.Region, b.Region), strings.Compare(a.Operation, b.Operation))
	})
	return list
}
