package audit

import (
	"fmt"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/grant"
)

// Right is one action on one resource pattern that a function is granted.
type Right struct {
	Function string
	Action   string
	Resource string // the pattern, in the function of the recovery region
}

// String names the right for a person.
func (r Right) String() string { return fmt.Sprintf("%s: %s on %s", r.Function, r.Action, r.Resource) }

// Extra are the rights of functions that no use needed, in either region: a function has the same rights in both, mirrored,
// and most procedures run in the recovery region alone.
func Extra(all []functions.Function, e *environment.Environment, uses []Use) []Right {
	var extra []Right
	for _, f := range all {
		here := rights(f, e, e.Regions.Recovery)
		there := rights(f, e, e.Regions.Primary)
		for n, right := range here {
			if !used(right, e.Regions.Recovery, uses) && !(n < len(there) && used(there[n], e.Regions.Primary, uses)) {
				extra = append(extra, right)
			}
		}
	}
	return extra
}

// rights are the single rights of a function in a region, each once, in the order of its grants.
func rights(f functions.Function, e *environment.Environment, region string) []Right {
	var list []Right
	seen := map[Right]bool{}
	for _, g := range f.Grants(e, region) {
		for _, action := range g.Actions {
			for _, resource := range g.Resources {
				right := Right{Function: f.Name, Action: action, Resource: resource}
				if !seen[right] {
					list = append(list, right)
				}
				seen[right] = true
			}
		}
	}
	return list
}

func used(right Right, region string, uses []Use) bool {
	for _, use := range uses {
		if use.Caller == right.Function && use.Region == region && use.Name == right.Action && grant.Match(right.Resource, use.Resource) {
			return true
		}
	}
	return false
}

// Missing are the uses of functions that none of their grants allows. In the lab such a call is denied; here it is judged
// again, from the record alone.
func Missing(all []functions.Function, e *environment.Environment, uses []Use) []Use {
	grants := map[string]map[string][]grant.Grant{}
	for _, f := range all {
		grants[f.Name] = map[string][]grant.Grant{}
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			grants[f.Name][region] = f.Grants(e, region)
		}
	}
	var missing []Use
	for _, use := range uses {
		if regions, isFunction := grants[use.Caller]; isFunction && !grant.Allowed(regions[use.Region], use.Action) {
			missing = append(missing, use)
		}
	}
	return missing
}
