// Package statemachines holds the procedures: one Amazon States Language file each, and an example of its input.
//
// It imports nothing but the standard library and interprets nothing: the text that is embedded here is the text that
// runs on AWS and in the lab, with nothing but ${placeholders} replaced.
package statemachines

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.asl.json inputs/*.json
var files embed.FS

// Machine is one procedure.
type Machine struct {
	Name       string // of the file, without .asl.json: also its key and its placeholder
	Definition string
	Input      string // example of every documented input field; {} works as well
}

const suffix = ".asl.json"

// All are all machines by name.
func All() []Machine {
	names, err := fs.Glob(files, "*"+suffix)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var machines []Machine
	for _, file := range names {
		name := strings.TrimSuffix(file, suffix)
		machines = append(machines, Machine{Name: name, Definition: read(file), Input: read("inputs/" + name + ".json")})
	}
	return machines
}

func read(file string) string {
	text, err := files.ReadFile(file)
	if err != nil {
		panic(fmt.Sprintf("statemachines: %s is not embedded: %v", file, err)) // every machine has an example input
	}
	return string(text)
}

// Named is the machine of a name.
func Named(name string) (Machine, bool) {
	for _, m := range All() {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}

// placeholder is what CloudFormation's DefinitionSubstitutions replaces.
var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9-]+)\}`)

// BackupMetrics is the placeholder of the namespace of the metrics of backups, the only one that names no function and no machine.
const BackupMetrics = "backup-metrics"

// Placeholders are the names between ${ and } in the definition, each once, sorted: names of functions and machines, and
// BackupMetrics.
func (m Machine) Placeholders() []string {
	var names []string
	for _, match := range placeholder.FindAllStringSubmatch(m.Definition, -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Substitute replaces every placeholder. One without a value is an error, as it would be on AWS.
func (m Machine) Substitute(values map[string]string) (string, error) {
	for _, name := range m.Placeholders() {
		if values[name] == "" {
			return "", fmt.Errorf("state machine %s: nothing to put for ${%s}", m.Name, name)
		}
	}
	return placeholder.ReplaceAllStringFunc(m.Definition, func(text string) string {
		return values[placeholder.FindStringSubmatch(text)[1]]
	}), nil
}
