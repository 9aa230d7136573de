// Package quota computes which service quotas a deployment needs, from its environment and its templates, beside AWS's
// defaults.
//
// It knows no account: what an account really has been granted, drctl doctor asks where an API says so.
package quota

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/stacks/sighting"
	"github.com/acso/disaster-recovery/stacks/template"
)

//go:embed quotas.yaml
var defaults []byte

// Table is what AWS documents.
type Table struct {
	Read   string // the day on which the defaults were written down
	Quotas []Quota
}

// Quota is one service quota.
type Quota struct {
	Service, Name string
	Code          string            // in Service Quotas; "" when it is not known
	ServiceCode   string            `yaml:"serviceCode"` // the service's there
	Default       int               // AWS's, before any raise
	Scope         string            // region, account or stack
	Need          string            // how the need is computed; "" when Count says it
	Count         []string          // the resource types that are counted
	Source        string            // AWS's page that has the default now
	Seen          sighting.Sighting // where the figure was found
}

// Row is a quota with what a deployment needs of it, by region; account-wide quotas are under "account".
type Row struct {
	Quota
	Needs map[string]int
}

// Enough tells whether AWS's default covers the need everywhere.
func (r Row) Enough() bool {
	for _, need := range r.Needs {
		if need > r.Default {
			return false
		}
	}
	return true
}

// Defaults are the documented quotas.
func Defaults() (Table, error) {
	var t Table
	if err := yaml.UnmarshalWithOptions(defaults, &t, yaml.Strict()); err != nil {
		return t, fmt.Errorf("read quotas.yaml: %w", err)
	}
	return t, nil
}

// Rows computes the needs of a deployment.
func Rows(e *environment.Environment, templates []*template.Template) (Table, []Row, error) {
	table, err := Defaults()
	if err != nil {
		return table, nil, err
	}
	var rows []Row
	for _, q := range table.Quotas {
		row := Row{Quota: q, Needs: map[string]int{}}
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			need, err := needOf(q, e, of(templates, region))
			if err != nil {
				return table, nil, err
			}
			if q.Scope == "account" {
				row.Needs["account"] += need
			} else {
				row.Needs[region] = need
			}
		}
		rows = append(rows, row)
	}
	return table, rows, nil
}

func of(templates []*template.Template, region string) []*template.Template {
	return slices.DeleteFunc(slices.Clone(templates), func(t *template.Template) bool { return t.Region != region })
}

// needs are the quotas whose need is more than a count.
var needs = map[string]func(*environment.Environment, []*template.Template) int{
	"snapshots":   func(e *environment.Environment, _ []*template.Template) int { return retention.Snapshots(e) },
	"instances":   instances,
	"vcpus":       vcpus,
	"concurrency": concurrency,
	"exports":     func(*environment.Environment, []*template.Template) int { return 1 }, // one after the other, by rule
	"resources":   resources,
}

func needOf(q Quota, e *environment.Environment, templates []*template.Template) (int, error) {
	if q.Need != "" {
		compute, known := needs[q.Need]
		if !known || len(q.Count) > 0 {
			return 0, fmt.Errorf("quota %s of %s: need %q is none of %v, or count is set too", q.Name, q.Service, q.Need, slices.Sorted(maps.Keys(needs)))
		}
		return compute(e, templates), nil
	}
	n := 0
	for _, t := range templates {
		for _, kind := range q.Count {
			n += len(t.Of(kind))
		}
	}
	return n, nil
}

// instances are the databases of a region, with one more for a restore test and one for the replica of a failback.
func instances(_ *environment.Environment, templates []*template.Template) int {
	const besides = 2
	n := 0
	for _, t := range templates {
		n += len(t.Of("AWS::RDS::DBInstance"))
	}
	return n + besides
}

// vcpus are those of all services at their largest, since after a failover the region carries all of it.
func vcpus(_ *environment.Environment, templates []*template.Template) int {
	units := 0
	for _, t := range templates {
		largest := map[string]int{} // by the name of the service
		for _, id := range t.Of("AWS::ApplicationAutoScaling::ScalableTarget") {
			largest[last(t.Text(id, "ResourceId"))] = whole(t.Get(id, "MaxCapacity"))
		}
		for _, id := range t.Of("AWS::ECS::TaskDefinition") {
			units += whole(t.Get(id, "Cpu")) * max(1, largest[t.Text(id, "Family")])
		}
	}
	const unitsPerCPU = 1024
	return (units + unitsPerCPU - 1) / unitsPerCPU
}

func last(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}

// whole reads a number that CloudFormation takes as a number or as a text; 0 when it is none.
func whole(value any) int {
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if err != nil {
		return 0
	}
	return int(n)
}

func resources(_ *environment.Environment, templates []*template.Template) int {
	most := 0
	for _, t := range templates {
		most = max(most, len(t.Resources))
	}
	return most
}
