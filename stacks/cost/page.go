package cost

import (
	"fmt"
	"strings"
)

// Page is an estimate as a Markdown page, for the environment of a name.
func Page(environment string, prices Prices, lines []Line) string {
	var page strings.Builder
	total := map[string]float64{}
	var regions []string
	for _, l := range lines {
		if _, seen := total[l.Region]; !seen {
			regions = append(regions, l.Region)
		}
		total[l.Region] += l.Total()
	}
	sum := 0.0
	for _, region := range regions {
		sum += total[region]
	}
	fmt.Fprintf(&page, "# What %s costs in a month\n\n", environment)
	fmt.Fprintf(&page, "About **%s** in a month of normal operation, on demand, without free tiers, discounts and taxes: ", dollars(sum))
	for n, region := range regions {
		if n > 0 {
			page.WriteString(" and ")
		}
		fmt.Fprintf(&page, "%s in %s", dollars(total[region]), region)
	}
	fmt.Fprintf(&page, ".\n\nComputed by `drctl cost` from the templates and `stacks/cost/prices.yaml`, whose prices are of %s. A month has %.0f\nhours. A recovery region that has taken over runs its services at full size; then both columns cost what the active\none does.\n\n", prices.Read, prices.Hours)
	page.WriteString("| What | Region | Quantity | Unit | Price | A month |\n|---|---|---:|---|---:|---:|\n")
	for _, l := range lines {
		what := strings.ReplaceAll(l.What, "{class}", l.Class)
		fmt.Fprintf(&page, "| [%s](%s) | %s | %s | %s | %s | %s |\n", what, l.Source, l.Region, quantity(l.Quantity), l.Unit, price(l.USD), dollars(l.Total()))
	}
	page.WriteString("\n## What is assumed\n\nNo template says these. Put your own figures into `stacks/cost/prices.yaml`.\n\n| Assumption | Value |\n|---|---:|\n")
	for _, a := range prices.Assumptions {
		fmt.Fprintf(&page, "| %s | %g |\n", a.What, a.Value)
	}
	page.WriteString("\nState transitions are measured in the lab: the states that one execution of a machine enters. Left out because they are\nsmall or depend on use: requests to S3, DynamoDB, KMS, SQS, SNS and EventBridge, queries of the hosted zone, traces,\ncustom metrics, certificates, data events of the audit trail, and the executions of a failover itself.\n")
	return page.String()
}

func dollars(v float64) string {
	return fmt.Sprintf("$%.2f", v)
}

func price(v float64) string {
	return "$" + strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.10f", v), "0"), ".")
}

// quantity has as many digits as tell something.
func quantity(v float64) string {
	if v < 100 && v != float64(int(v)) {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
