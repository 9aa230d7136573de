package main

import (
	"path/filepath"
	"strings"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

// loadEnvironment loads an environment by its name, or from a file when what is given looks like a path.
func loadEnvironment(nameOrPath string) (*environment.Environment, error) {
	if strings.ContainsRune(nameOrPath, filepath.Separator) || filepath.Ext(nameOrPath) != "" {
		return file.Read(nameOrPath)
	}
	return environments.Named(nameOrPath)
}
