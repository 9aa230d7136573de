package doctor

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
)

// tool is a program that a deployment needs.
type tool struct {
	name      string
	arguments []string
	version   *regexp.Regexp // its first two groups are major and minor
	major     int
	minor     int
	install   string
}

var needed = []tool{
	{"go", []string{"version"}, regexp.MustCompile(`go(\d+)\.(\d+)`), 1, 26, "install Go 1.26 or later: https://go.dev/dl"},
	// https://github.com/aws/aws-cdk/blob/main/docs/NODE_VERSIONS.md: Node.js 20 still works and is out of support.
	{"node", []string{"--version"}, regexp.MustCompile(`v(\d+)\.(\d+)`), 20, 0, "install Node.js 22 or later: CDK runs in it"},
	{"npx", []string{"--no-install", "cdk", "--version"}, regexp.MustCompile(`(\d+)\.(\d+)\.\d+`), 2, 0, "install the CDK command line: npm install --global aws-cdk@2"},
}

func (d *Doctor) tools(ctx context.Context) []Check {
	checks := make([]Check, 0, len(needed))
	for _, t := range needed {
		checks = append(checks, d.bounded(ctx, func(ctx context.Context) Check { return d.tool(ctx, t) }))
	}
	return checks
}

func (d *Doctor) tool(ctx context.Context, t tool) Check {
	c := Check{Name: "tool " + t.name}
	if t.name == "npx" {
		c.Name = "tool cdk"
	}
	output, err := d.Tool(ctx, t.name, t.arguments...)
	if err != nil {
		c.Result, c.Detail, c.Todo = Fail, err.Error(), t.install
		return c
	}
	found := t.version.FindStringSubmatch(output)
	if found == nil {
		c.Result, c.Detail, c.Todo = Unknown, fmt.Sprintf("it printed no version: %.80q", output), t.install
		return c
	}
	major, _ := strconv.Atoi(found[1]) // both are digits
	minor, _ := strconv.Atoi(found[2])
	c.Detail = fmt.Sprintf("version %d.%d", major, minor)
	c.Result = Pass
	if major < t.major || major == t.major && minor < t.minor {
		c.Result, c.Todo = Fail, t.install
	}
	return c
}
