// Package cost estimates what a deployment costs in a month of normal operation, from its templates, a price table and
// stated assumptions.
//
// It leaves out what depends on use and is small (requests, queries, certificates), and it knows no discounts. What the
// price table has no price for is an error, never free.
package cost

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/acso/disaster-recovery/stacks/sighting"
	"github.com/acso/disaster-recovery/stacks/template"
)

//go:embed prices.yaml
var table []byte

// Prices is the price table.
type Prices struct {
	Read        string  // the day on which the prices were written down
	Hours       float64 `yaml:"hoursPerMonth"`
	Assumptions []struct {
		Key   string
		Value float64
		What  string
	}
	Prices []Price
}

// Price is one price.
type Price struct {
	Key, What string
	USD       map[string]float64 // by class; the class "" when there is one price
	Unit      string
	Source    string                       // AWS's page that has the price now
	Seen      map[string]sighting.Sighting // where the figure was found, by class
}

// Line is one line of an estimate.
type Line struct {
	Price
	Class    string
	Region   string
	Quantity float64 // units in a month
	USD      float64 // of one unit
}

// Total is what the line comes to in a month, in US dollars.
func (l Line) Total() float64 { return l.Quantity * l.USD }

// Activity is what the templates do not say: how often schedules fire and how far machines go.
type Activity struct {
	// Firings is how often a schedule expression fires in a month of so many hours.
	Firings func(expression string, hours float64) (float64, error)
	// Transitions is how many states an execution of a machine enters, measured in the lab, by the machine's deployed name.
	Transitions map[string]float64
}

// Table reads the price table.
func Table() (Prices, error) {
	var p Prices
	if err := yaml.UnmarshalWithOptions(table, &p, yaml.Strict()); err != nil {
		return p, fmt.Errorf("read prices.yaml: %w", err)
	}
	return p, nil
}

// Estimate computes the lines of all templates, those of a region together, in the order of the price table.
func Estimate(templates []*template.Template, a Activity) (Prices, []Line, error) {
	prices, err := Table()
	if err != nil {
		return prices, nil, err
	}
	m := &meter{prices: prices, activity: a, sums: map[mark]float64{}}
	for _, t := range templates {
		m.size(t)
	}
	var regions []string
	for _, t := range templates {
		if !slices.Contains(regions, t.Region) {
			regions = append(regions, t.Region)
		}
		m.read(t)
	}
	for _, region := range regions {
		m.assume(region)
	}
	if m.err != nil {
		return prices, nil, m.err
	}
	lines, err := m.lines(regions)
	return prices, lines, err
}
