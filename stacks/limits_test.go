package stacks_test

import "testing"

// CloudFormation's own limits for one template that it takes from S3, of which every template uses four fifths at most: a
// machine or ten functions more must not stop a deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	templateBytes     = 1_000_000 // "1 MB", read as the smaller of its meanings
	templateResources = 500
	templateOutputs   = 200
)

func TestTemplatesStayFarBelowTheLimits(t *testing.T) {
	below := func(stack, what string, used, limit int) {
		if used > limit*4/5 {
			t.Errorf("stack %s: %d %s of %d: split it (docs/decisions/0012)", stack, used, what, limit)
		}
	}
	for _, template := range synthesised(t).templates {
		below(template.Stack, "bytes", len(template.Text), templateBytes)
		below(template.Stack, "resources", len(template.Resources), templateResources)
		below(template.Stack, "outputs", len(template.Outputs), templateOutputs)
		t.Logf("%s: %d bytes, %d resources", template.Stack, len(template.Text), len(template.Resources))
	}
}
