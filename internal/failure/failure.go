// Package failure is the closed list of ways in which a function can fail, as state machines name them.
//
// A handler returns an error made by New or Wrap; the boundary (platform.Entry) turns it into the error type
// that ErrorEquals matches. aws-lambda-go reports the type name of the outermost Go error, so an error that was
// wrapped on its way out would never match: converting once, at the boundary, is what makes the names hold.
package failure

import (
	"errors"
	"fmt"
)

// Kind is the error name that a state machine catches or retries.
type Kind string

// The kinds. Every ErrorEquals in statemachines names one of these or a States.* error, and a test holds that.
const (
	// InvalidInput: the input of the step is wrong; nothing was touched.
	InvalidInput Kind = "InvalidInput"
	// AlreadyRunning: another execution owns the incident.
	AlreadyRunning Kind = "AlreadyRunning"
	// CoolingDown: a failover finished so recently that an alarm starts none.
	CoolingDown Kind = "CoolingDown"
	// Superseded: this execution no longer owns the incident; it must touch nothing more.
	Superseded Kind = "Superseded"
	// StandingBy: the step is done in the active region, and this one is not; nothing was touched.
	StandingBy Kind = "StandingBy"
	// Aborted: an operator asked to end the procedure before its point of no return.
	Aborted Kind = "Aborted"
	// NotFound: the resource that the step acts on does not exist.
	NotFound Kind = "NotFound"
	// Unavailable: AWS did not answer or asked for patience (throttled, unreachable, 5xx); trying again may help.
	Unavailable Kind = "Unavailable"
	// Denied: AWS refused the call for want of permission.
	Denied Kind = "Denied"
	// QuotaReached: a service quota stands in the way.
	QuotaReached Kind = "QuotaReached"
	// KeyMissing: the encryption key that the step needs in its region is not usable.
	KeyMissing Kind = "KeyMissing"
	// Unsafe: a safety rule forbids the step in the present state of the world.
	Unsafe Kind = "Unsafe"
	// Failed: the operation ended and did not do what was asked.
	Failed Kind = "Failed"
	// Internal: a defect in this project.
	Internal Kind = "Internal"
)

// Error is a failure with its kind.
type Error struct {
	Kind Kind
	Op   string // what was attempted and on what: promote replica acso-production-db-replica
	Hint string // what to do next; may be empty
	Err  error  // why; may be nil
}

// Error says what was attempted, why it failed and what to do next.
func (e *Error) Error() string {
	text := e.Op
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		text += " (next: " + e.Hint + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a failure whose reason is a sentence.
func New(kind Kind, op, reason string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Err: fmt.Errorf(reason, args...)}
}

// Next adds what to do next.
func (e *Error) Next(hint string, args ...any) *Error {
	e.Hint = fmt.Sprintf(hint, args...)
	return e
}

// KindOf is the kind of the outermost failure in the chain, or Internal.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Is tells whether err is a failure of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
