// Package judging is the words in which a check says what it found, wherever it runs: the function that judges a region and
// the one that inspects its data speak them.
//
// It refuses to call unknown anything else: a call that failed says nothing about the thing, unless it says that the thing is
// not there. It reads nothing and knows no service.
package judging

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Verdict is what a check says, and what all of them say together.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Finding is what a look found.
type Finding struct {
	Verdict  Verdict `json:"verdict"`
	Evidence string  `json:"evidence"`
	Next     string  `json:"next,omitempty"` // what to do in place of the check's own words
}

// Passes is the finding of a thing that is as it has to be.
func Passes(evidence string, args ...any) Finding {
	return Finding{Verdict: Pass, Evidence: fmt.Sprintf(evidence, args...)}
}

// Fails is the finding of a thing that is known to be wrong.
func Fails(evidence string, args ...any) Finding {
	return Finding{Verdict: Fail, Evidence: fmt.Sprintf(evidence, args...)}
}

// Unclear is the finding of a thing of which nothing is known.
func Unclear(evidence string, args ...any) Finding {
	return Finding{Verdict: Unknown, Evidence: fmt.Sprintf(evidence, args...)}
}

// Do says what to do in place of the check's own words.
func (f Finding) Do(next string, args ...any) Finding {
	f.Next = fmt.Sprintf(next, args...)
	return f
}

// Of is the finding of a call that failed: what is known not to be there is a failure, everything else says nothing.
func Of(err error) Finding {
	if failure.Is(err, failure.NotFound) {
		return Fails("%s", err)
	}
	return Unclear("%s", err)
}

// All is the finding over many things of one kind: the wrong ones are named, or else it passes.
func All(wrong []string, good string, args ...any) Finding {
	if len(wrong) == 0 {
		return Passes(good, args...)
	}
	slices.Sort(wrong)
	const most = 10 // names; a report is read by people
	if more := len(wrong) - most; more > 0 {
		wrong = append(wrong[:most:most], fmt.Sprintf("and %d more", more))
	}
	return Fails("%s", strings.Join(wrong, "; "))
}

// Duration writes seconds as people say them.
func Duration(seconds int) string {
	switch {
	case seconds < 120:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 2*60*60:
		return fmt.Sprintf("%d min", (seconds+30)/60)
	}
	return fmt.Sprintf("%d h", (seconds+1800)/3600)
}

// Memo keeps the answer of a question that several checks ask.
type Memo[T any] struct {
	asked bool
	value T
	err   error
}

// Get asks when nobody did before.
func (m *Memo[T]) Get(ask func() (T, error)) (T, error) {
	if !m.asked {
		m.value, m.err = ask()
		m.asked = true
	}
	return m.value, m.err
}
