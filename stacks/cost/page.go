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
	fmt.Fprintf(&page, "The price list is our own, and AWS's was not read. *Seen* names the page on which a price was found, AWS's own or others', and\nthat page's date; prices for %s of the sum are **not confirmed** by any page. The name of a line links to where AWS has its price\nnow.\n\n", dollars(unseen(lines)))
	page.WriteString("| What | Region | Quantity | Unit | Price | Seen | A month |\n|---|---|---:|---|---:|---|---:|\n")
	for _, l := range lines {
		what := strings.ReplaceAll(l.What, "{class}", l.Class)
		fmt.Fprintf(&page, "| [%s](%s) | %s | %s | %s | %s | %s | %s |\n", what, l.Source, l.Region, quantity(l.Quantity), l.Unit, price(l.USD), l.Seen[l.Class], dollars(l.Total()))
	}
	page.WriteString("\n## What is assumed\n\nNo template says these. Put your own figures into `stacks/cost/prices.yaml`.\n\n| Assumption | Value |\n|---|---:|\n")
	for _, a := range prices.Assumptions {
		fmt.Fprintf(&page, "| %s | %g |\n", a.What, a.Value)
	}
	page.WriteString("\nState transitions are measured in the lab: the states that one execution of a machine enters. Left out because they are\nsmall or depend on use: requests to S3, DynamoDB, KMS, SQS, SNS and EventBridge, queries of the hosted zone, traces,\ncustom metrics, certificates, data events of the audit trail, rotated versions of keys, and the executions of a failover itself.\n")
	return page.String()
}

// unseen is what the lines come to whose price was found on no page.
func unseen(lines []Line) float64 {
	sum := 0.0
	for _, l := range lines {
		if !l.Seen[l.Class].Made() {
			sum += l.Total()
		}
	}
	return sum
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
