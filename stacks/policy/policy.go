// Package policy evaluates IAM policies as they stand in templates: who may do what on what, as AWS would decide it for
// callers and resources of one account.
//
// It evaluates what occurs in this project and nothing else: an operator, a principal or a form that it does not know is
// an error and never a guess, since a wrong answer would pass for proof.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package policy

import (
	"fmt"
	"strings"
)

// Statement is one statement of a policy.
type Statement struct {
	Sid          string
	Allow        bool
	Actions      []string
	NotActions   []string
	Resources    []string
	NotResources []string
	Principals   []string // of a resource policy: AWS ARNs, services, or *; nil in an identity's policy
	Conditions   []Condition
}

// Condition is one operator on one key with its values: any of them will do.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Document is a policy.
type Document []Statement

// Request is what AWS is asked to decide. Principal is the ARN of a role, or a service such as events.amazonaws.com.
type Request struct {
	Principal, Action, Resource string
	Context                     map[string][]string // condition keys in small letters, with their values
}

// Decision is the answer. Only Allowed lets the call through.
type Decision string

// The decisions.
const (
	Allowed      Decision = "allowed"
	NotAllowed   Decision = "not allowed by any statement"
	Denied       Decision = "denied by a statement"
	OutOfBounds  Decision = "outside of the permissions boundary"
	noDecision   Decision = ""
	accountGrant          = ":root" // an account as principal leaves the decision to its IAM policies
)

// Policies are what bears on a request: the caller's own policies, its boundary if it has one, and the policy of the
// resource if it has one.
type Policies struct {
	Identity []Document
	Boundary Document // nil for none
	Resource Document // nil for none
	// ResourceDecides is set for KMS keys: without a statement in the key's own policy that lets the account's IAM policies
	// decide, they count for nothing. https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
	ResourceDecides bool
}

// Decide evaluates a request.
func Decide(p Policies, r Request) (Decision, error) {
	identity, err := verdict(p.Identity, r, false)
	if err != nil {
		return noDecision, err
	}
	var resource, account Decision
	if p.Resource != nil {
		if resource, account, err = byResource(p.Resource, r); err != nil {
			return noDecision, err
		}
	}
	bounded := Allowed
	if p.Boundary != nil {
		if bounded, err = verdict([]Document{p.Boundary}, r, false); err != nil {
			return noDecision, err
		}
	}
	if p.ResourceDecides && account != Allowed && identity == Allowed {
		identity = NotAllowed
	}
	switch {
	case identity == Denied || resource == Denied || bounded == Denied:
		return Denied, nil
	case identity != Allowed && resource != Allowed:
		return NotAllowed, nil
	case bounded != Allowed:
		return OutOfBounds, nil
	}
	return Allowed, nil
}

// byResource separates what a resource's policy allows the caller itself from what it leaves to the account's IAM.
func byResource(d Document, r Request) (caller, account Decision, err error) {
	var direct, delegated Document
	for _, s := range d {
		if s.Principals == nil {
			return noDecision, noDecision, fmt.Errorf("statement %s of a resource's policy has no principal", s.Sid)
		}
		for _, principal := range s.Principals {
			if strings.HasSuffix(principal, accountGrant) && s.Allow {
				delegated = append(delegated, s)
			} else if principal == "*" || Match(principal, r.Principal) || strings.HasSuffix(principal, accountGrant) {
				direct = append(direct, s)
			}
		}
	}
	if caller, err = verdict([]Document{direct}, r, true); err != nil {
		return noDecision, noDecision, err
	}
	account, err = verdict([]Document{delegated}, r, true)
	return caller, account, err
}

func verdict(documents []Document, r Request, ofResource bool) (Decision, error) {
	answer := NotAllowed
	for _, document := range documents {
		for _, s := range document {
			if !ofResource && s.Principals != nil {
				return noDecision, fmt.Errorf("statement %s of an identity's policy names a principal", s.Sid)
			}
			applies, err := s.applies(r)
			switch {
			case err != nil:
				return noDecision, err
			case applies && !s.Allow:
				return Denied, nil
			case applies:
				answer = Allowed
			}
		}
	}
	return answer, nil
}

func (s Statement) applies(r Request) (bool, error) {
	if (len(s.Actions) == 0) == (len(s.NotActions) == 0) {
		return false, fmt.Errorf("statement %q needs Action or NotAction", s.Sid)
	}
	if matchesAny(s.NotActions, strings.ToLower(r.Action), strings.ToLower) || len(s.Actions) > 0 && !matchesAny(s.Actions, strings.ToLower(r.Action), strings.ToLower) {
		return false, nil
	}
	same := func(text string) string { return text }
	if matchesAny(s.NotResources, r.Resource, same) || len(s.Resources) > 0 && !matchesAny(s.Resources, r.Resource, same) {
		return false, nil
	}
	for _, c := range s.Conditions {
		holds, err := c.holds(r.Context)
		if err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}

// matchesAny takes patterns as they are compared: action names in small letters, ARNs as they are.
func matchesAny(patterns []string, text string, as func(string) string) bool {
	for _, pattern := range patterns {
		if Match(as(pattern), text) {
			return true
		}
	}
	return false
}

// Match tells whether a text matches a pattern in which * stands for any run of characters and ? for one.
func Match(pattern, text string) bool {
	var star, mark int
	p, t, starred := 0, 0, false
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark, starred = p, t, true
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case starred:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
