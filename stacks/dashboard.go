package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/switching"
)

// dashboard is the body of the recovery dashboard of a region.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func dashboard(e *environment.Environment, region string) string {
	ours := func(metric string) []any { return []any{switching.Namespace, metric, "Environment", e.Name} }
	execution := func(metric string) []any {
		return []any{"AWS/States", metric, "StateMachineArn", e.MachineARN(region, "failover")}
	}
	replica := []any{"AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", e.DatabaseIn(region)}
	limit := int(e.Policies.Lag.Limit.Std().Seconds())
	widgets := []any{
		map[string]any{"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": map[string]any{
			"markdown": fmt.Sprintf("# %s, seen from %s\nNo data is not zero: a gap means that nothing was measured. What to do: docs/runbooks/failover.md", e.Prefix(), region),
		}},
		graph(0, 2, region, "Active region seen down (1) or serving (0)", "Maximum", nil, ours(switching.PrimaryUnhealthy)),
		graph(8, 2, region, "Failover switch: 1 sends clients to "+e.Regions.Recovery, "Maximum", nil, ours(switching.Switch)),
		graph(16, 2, region, "RPO now: bound of the loss, in seconds", "Maximum", &limit, ours(switching.LossBound), replica),
		graph(0, 8, region, "Failover executions", "Sum", nil, execution("ExecutionsStarted"), execution("ExecutionsSucceeded"), execution("ExecutionsFailed"), execution("ExecutionsTimedOut"), execution("ExecutionsAborted")),
		graph(8, 8, region, "Failover duration, in milliseconds", "Maximum", nil, execution("ExecutionTime")),
	}
	body, err := json.Marshal(map[string]any{"widgets": widgets})
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return string(body)
}

// graph is one widget of metrics, a minute a point, with a line at the limit when there is one.
func graph(x, y int, region, title, statistic string, limit *int, metrics ...[]any) map[string]any {
	properties := map[string]any{"title": title, "region": region, "stat": statistic, "period": 60, "view": "timeSeries", "metrics": metrics}
	if limit != nil {
		properties["annotations"] = map[string]any{"horizontal": []any{map[string]any{"label": "limit", "value": *limit}}}
	}
	return map[string]any{"type": "metric", "x": x, "y": y, "width": 8, "height": 6, "properties": properties}
}
