// Package template reads synthesised CloudFormation templates, with references resolved as far as they follow from the
// template, for tests and documents that look at what would be deployed.
//
// It asks no account: what only CloudFormation knows (generated names, attributes) stays a placeholder, ${Name} or
// ${Name.Attribute}, which equals nothing but itself. It does not check that a template is valid; cfn-lint does.
package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Template is one stack's template, in the account and region that it is for.
type Template struct {
	Stack, Account, Region string
	Resources              map[string]Resource
	Parameters             map[string]struct{ Default any }
	Conditions             map[string]any
	Outputs                map[string]struct{ Value any }
}

// Resource is one resource, its properties as they are written: Resolve reads them.
type Resource struct {
	Type                string
	Properties          map[string]any
	DependsOn           any
	DeletionPolicy      string
	UpdateReplacePolicy string
	Condition           string
}

// Parse reads a template.
func Parse(text []byte, stack, account, region string) (*Template, error) {
	t := &Template{Stack: stack, Account: account, Region: region}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("read the template of stack %s: %w", stack, err)
	}
	if len(t.Resources) == 0 {
		return nil, fmt.Errorf("read the template of stack %s: it has no resources", stack)
	}
	return t, nil
}

// Read reads the templates of a cloud assembly, the directory that CDK writes, in the order of their stacks' names.
func Read(dir string) ([]*Template, error) {
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json")) // #nosec G304 -- the caller's own output
	if err != nil {
		return nil, fmt.Errorf("read the cloud assembly: %w; go run . writes it", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type, Environment string
			Properties        struct{ TemplateFile, StackName string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read %s/manifest.json: %w", dir, err)
	}
	var all []*Template
	for _, name := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[name]
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		account, region, ok := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
		if !ok {
			return nil, fmt.Errorf("stack %s is for environment %q, which is not aws://ACCOUNT/REGION", name, artifact.Environment)
		}
		text, err := os.ReadFile(filepath.Join(dir, artifact.Properties.TemplateFile)) // #nosec G304 -- as above
		if err != nil {
			return nil, fmt.Errorf("read the template of stack %s: %w", name, err)
		}
		t, err := Parse(text, artifact.Properties.StackName, account, region)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the cloud assembly in %s has no stack", dir)
	}
	return all, nil
}

// Of are the logical names of the resources of a type, sorted.
func (t *Template) Of(kind string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		if t.Resources[name].Type == kind {
			names = append(names, name)
		}
	}
	return names
}

// Get is a resolved property of a resource; nil when it is not set.
func (t *Template) Get(resource, property string) any {
	return t.Resolve(t.Resources[resource].Properties[property])
}

// Text is a resolved property that is a text; "" when it is none.
func (t *Template) Text(resource, property string) string {
	text, _ := t.Get(resource, property).(string)
	return text
}
