package file

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/acso/disaster-recovery/internal/environment"
)

// reader fills an environment from a syntax tree, so that it can go on after a mistake and knows every line.
type reader struct {
	file  string
	found Mistakes
	wrong []string       // fields that could not be read
	lines map[string]int // field to line
}

func (r *reader) add(line int, field, problem, fix string) {
	r.found = append(r.found, Mistake{File: r.file, Line: max(line, 1), Mistake: environment.Mistake{Field: field, Problem: problem, Fix: fix}})
}

// unread records a field that could not be read.
func (r *reader) unread(line int, field, problem, fix string) {
	r.add(line, field, problem, fix)
	r.wrong = append(r.wrong, field)
}

// line is the line of a field, or of the nearest field around it.
func (r *reader) line(field string) int {
	for {
		if line, known := r.lines[field]; known {
			return line
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
}

// read tells whether there was a document to fill the environment from.
func (r *reader) read(text []byte, e *environment.Environment) bool {
	if len(text) > Longest {
		r.add(1, "", fmt.Sprintf("the file has %d bytes and an environment at most %d", len(text), Longest), "give the environment file")
		return false
	}
	tree, err := parse(text)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil:
		r.add(syntax.Token.Position.Line, "", "not YAML: "+oneLine(syntax.Message), syntaxFix(syntax.Message))
		return false
	case err != nil:
		r.add(1, "", "not YAML: "+oneLine(err.Error()), "check the file in an editor")
		return false
	}
	var documents []ast.Node
	for _, document := range tree.Docs {
		if document.Body != nil && document.Body.Type() != ast.CommentType {
			documents = append(documents, document.Body)
		}
	}
	switch len(documents) {
	case 0:
		r.add(1, "", "the file is empty", "copy environments/test.yaml and change its names")
		return false
	case 1:
	default:
		r.add(lineOf(documents[1], 1), "", "a second document begins here", "write one environment a file, without ---")
		return false
	}
	r.value(documents[0], "", reflect.ValueOf(e).Elem(), 1)
	return true
}

// parse reads the tree. The library is not ours and its input is anybody's, so a panic of it is a mistake in the file.
func parse(text []byte) (tree *ast.File, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			tree, err = nil, fmt.Errorf("the YAML reader gave up: %v", cause)
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

func syntaxFix(message string) string {
	if strings.Contains(message, "\t") {
		return "indent with spaces, not with tabs"
	}
	return "check indentation, brackets and quotes on this line"
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "'\t'", "tab")), " ")
}

func lineOf(node ast.Node, otherwise int) int {
	if node == nil {
		return otherwise
	}
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return otherwise
}

// value reads a node into a field. line is used where the node has none.
func (r *reader) value(node ast.Node, field string, into reflect.Value, line int) {
	line = lineOf(node, line)
	switch into.Kind() {
	case reflect.Struct:
		r.mapping(node, field, into, line)
	case reflect.Slice:
		r.sequence(node, field, into, line)
	default:
		r.scalar(node, field, into, line)
	}
}

func (r *reader) mapping(node ast.Node, field string, into reflect.Value, line int) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		if plain := kindOf(node); field == "" {
			r.unread(line, field, "the file holds "+plain+" and not fields", "write name: value, one a line; see environments/test.yaml")
		} else {
			r.unread(line, field, "is "+plain+" and not a group of fields", "write its fields below it: "+strings.Join(names(into.Type()), ", "))
		}
		return
	}
	seen := map[string]int{}
	for _, entry := range mapping.Values {
		at := lineOf(entry.Key, line)
		key, ok := entry.Key.(*ast.StringNode)
		if !ok {
			r.add(at, field, "has a key that is "+kindOf(entry.Key)+" and not a name", "write one of "+strings.Join(names(into.Type()), ", "))
			continue
		}
		path := join(field, key.Value)
		index, known := fieldOf(into.Type(), key.Value)
		if !known {
			r.add(at, path, "is not a field", "remove it, or write one of "+strings.Join(names(into.Type()), ", "))
			continue
		}
		if first, twice := seen[key.Value]; twice {
			r.unread(at, path, fmt.Sprintf("is written twice, first on line %d", first), "keep one of the two")
			continue
		}
		seen[key.Value] = at
		r.lines[path] = at
		before := len(r.found)
		r.value(entry.Value, path, into.Field(index), at)
		if optional(into.Type().Field(index)) && len(r.found) == before && empty(into.Field(index)) {
			r.unread(at, path, "is empty", "write "+example(path, into.Type().Field(index).Type)+", or leave it out")
		}
	}
	for _, name := range names(into.Type()) {
		index, _ := fieldOf(into.Type(), name)
		if _, written := seen[name]; !written && !optional(into.Type().Field(index)) {
			r.unread(r.line(field), join(field, name), "is missing", "write "+example(join(field, name), into.Type().Field(index).Type))
		}
	}
}

func (r *reader) sequence(node ast.Node, field string, into reflect.Value, line int) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		r.unread(line, field, "is "+kindOf(node)+" and not a list", "write its entries below it, each after a hyphen")
		return
	}
	list := reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values))
	for i, entry := range sequence.Values {
		path := fmt.Sprintf("%s[%d]", field, i)
		at := lineOf(entry, line)
		if mapping, ok := entry.(*ast.MappingNode); ok && len(mapping.Values) > 0 {
			at = lineOf(mapping.Values[0].Key, at)
		}
		r.lines[path] = at
		r.value(entry, path, list.Index(i), at)
	}
	into.Set(list)
}

// names are the fields of a group as the file writes them, in order.
func names(group reflect.Type) []string {
	all := make([]string, group.NumField())
	for i := range all {
		all[i], _, _ = strings.Cut(group.Field(i).Tag.Get("json"), ",")
	}
	return all
}

// optional tells whether a field may be left out: those that JSON leaves out when they are empty.
func optional(field reflect.StructField) bool {
	return strings.Contains(field.Tag.Get("json"), ",omit")
}

// empty tells whether a field that may be left out was written and says nothing.
func empty(v reflect.Value) bool { return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 }

func fieldOf(group reflect.Type, name string) (index int, known bool) {
	for i, candidate := range names(group) {
		if candidate == name {
			return i, true
		}
	}
	return 0, false
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}
