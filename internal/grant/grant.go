// Package grant says what a function may do: exact IAM actions on resource patterns, beside the function's code.
//
// The stacks build the function's role from it and the lab denies whatever it does not list, so a right that is
// missing fails in a drill and not during an outage. It knows no wildcard actions.
package grant

import "strings"

// Grant allows actions on resources.
type Grant struct {
	Actions   []string // rds:PromoteReadReplica
	Resources []string // ARNs; * stands for any run of characters, and alone where the service has no resources
}

// Action is one permission that AWS checks for a call.
type Action struct {
	Name     string // kms:CreateGrant
	Resource string // the ARN that is checked, or *
}

// Allowed tells whether one of the grants allows the action.
func Allowed(grants []Grant, action Action) bool {
	for _, g := range grants {
		for _, name := range g.Actions {
			if name != action.Name {
				continue
			}
			for _, pattern := range g.Resources {
				if Match(pattern, action.Resource) {
					return true
				}
			}
		}
	}
	return false
}

// Match tells whether an ARN matches a pattern in which * stands for any run of characters.
func Match(pattern, arn string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == arn
	}
	if !strings.HasPrefix(arn, parts[0]) {
		return false
	}
	arn = arn[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(arn, part)
		if at < 0 {
			return false
		}
		arn = arn[at+len(part):]
	}
	return strings.HasSuffix(arn, last)
}
