package main

import (
	"errors"
	"fmt"

	"github.com/acso/disaster-recovery/internal/environment/file"
)

type validateCommand struct {
	File []string `arg:"" help:"Environment files."`
}

// Run checks environment files, all of them, whatever is wrong with the first.
func (c *validateCommand) Run(a *app) error {
	var wrong []error
	for _, path := range c.File {
		env, err := file.Read(path)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		fmt.Fprintf(a.stdout, "%s: environment %s is valid\n", path, env.Name)
	}
	if len(wrong) > 0 {
		return mistake{errors.Join(wrong...)}
	}
	return nil
}
