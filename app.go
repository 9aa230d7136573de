// Command disaster-recovery synthesises the CloudFormation templates of an environment, for the CDK command line:
//
//	go run . -c environment=production                  templates in cdk.out
//	npx cdk deploy --all -c environment=production      deploys them
//
// The environment file is its only input. It refuses an environment with a mistake before anything is synthesised.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	e, err := load(arguments)
	if err != nil {
		return err
	}
	root, err := os.Getwd() // the CDK command line runs the app where cdk.json is
	if err != nil {
		return err
	}
	defer jsii.Close()
	app, err := stacks.New(stacks.Options{Environment: e, Outdir: outdir(), Builder: &stacks.Go{Root: root}, Root: root})
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
func load(arguments []string) (*environment.Environment, error) {
	name, err := named(arguments)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".yaml") {
		return file.Read(filepath.Clean(name))
	}
	return environments.Named(name)
}

// named is the value of -c environment=, as given to this program or to the CDK command line, which passes its context on
// in CDK_CONTEXT_JSON.
func named(arguments []string) (string, error) {
	context := map[string]any{}
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return "", fmt.Errorf("read the context in CDK_CONTEXT_JSON: %w", err)
		}
	}
	flags := flag.NewFlagSet("go run .", flag.ContinueOnError)
	flags.Func("c", "`environment=NAME`: production, test, or the path of a YAML file", func(pair string) error {
		key, value, found := strings.Cut(pair, "=")
		if !found || key != "environment" {
			return fmt.Errorf("the only context is environment=NAME")
		}
		context[key] = value
		return nil
	})
	if err := flags.Parse(arguments); err != nil {
		return "", err
	}
	name, isText := context["environment"].(string)
	if !isText || name == "" {
		return "", fmt.Errorf("which environment? Write -c environment=%s", strings.Join(environments.Names(), ", or -c environment="))
	}
	return name, nil
}
