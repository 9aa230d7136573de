// Command disaster-recovery synthesises the CloudFormation templates of an environment, for the CDK command line:
//
//	go run . -c environment=production                  templates in cdk.out
//	npx cdk deploy --all -c environment=production      deploys them
//
// The first deployment has -c first-deployment=yes too: docs/deploy.md.
// The environment file is its only input. It refuses an environment with a mistake before anything is synthesised.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
	"github.com/acso/disaster-recovery/stacks"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	given, err := contextOf(arguments)
	if err != nil {
		return err
	}
	e, err := load(given)
	if err != nil {
		return err
	}
	if given["despite-incident"] != "yes" {
		if err := guard(context.Background(), e, os.Stderr); err != nil {
			return err
		}
	}
	root, err := os.Getwd() // the CDK command line runs the app where cdk.json is
	if err != nil {
		return err
	}
	deployed, err := commitGiven(given)
	if err != nil {
		return err
	}
	if deployed == "" {
		deployed = commitOf(root, os.Stderr)
	}
	defer jsii.Close()
	app, err := stacks.New(stacks.Options{
		Environment: e, Outdir: outdir(), Builder: &stacks.Go{Root: root}, Root: root, Commit: deployed, First: given["first-deployment"] == "yes",
	})
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// outdir is where the CDK command line wants the templates; it says so in CDK_OUTDIR.
func outdir() string {
	if directory := os.Getenv("CDK_OUTDIR"); directory != "" {
		return directory
	}
	return "cdk.out"
}

// load reads the environment that -c environment= names: one of this repository, or a file elsewhere.
func load(given map[string]any) (*environment.Environment, error) {
	name, isText := given["environment"].(string)
	if !isText || name == "" {
		return nil, fmt.Errorf("which environment? Write -c environment=%s", strings.Join(environments.Names(), ", or -c environment="))
	}
	if strings.HasSuffix(name, ".yaml") {
		return file.Read(filepath.Clean(name))
	}
	return environments.Named(name)
}

// contextOf is what -c gives, to this program or to the CDK command line, which passes it on in CDK_CONTEXT_JSON.
func contextOf(arguments []string) (map[string]any, error) {
	given := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &given); err != nil {
			return nil, fmt.Errorf("read the context in CDK_CONTEXT_JSON: %w", err)
		}
	}
	flags := flag.NewFlagSet("go run .", flag.ContinueOnError)
	flags.Func("c", "`environment=NAME`: production, test, or the path of a YAML file", func(pair string) error {
		key, value, found := strings.Cut(pair, "=")
		if !found || !slices.Contains([]string{"environment", "despite-incident", "first-deployment", "commit"}, key) {
			return fmt.Errorf("write environment=NAME, first-deployment=yes, despite-incident=yes or commit=HASH")
		}
		given[key] = value
		return nil
	})
	return given, flags.Parse(arguments)
}
