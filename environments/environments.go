// Package environments holds the environment files of this repository and loads them by name.
//
// It refuses names that have no file here; a file elsewhere is read by internal/environment/file. Like that
// package it is not for Lambdas.
package environments

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

//go:generate go run ../internal/environment/schema/write schema.json

//go:embed *.yaml
var files embed.FS

// Names lists the environments that have a file here, in alphabetical order.
func Names() []string {
	found, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err) // only for a malformed pattern
	}
	for i := range found {
		found[i] = strings.TrimSuffix(found[i], ".yaml")
	}
	return found
}

// Named loads environments/<name>.yaml. The error lists every mistake with its line, or the names that exist.
func Named(name string) (*environment.Environment, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("environment %q has no file in environments: choose %s", name, strings.Join(Names(), " or "))
	}
	return file.Load("environments/"+name+".yaml", text)
}
