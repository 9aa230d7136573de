package file

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/acso/disaster-recovery/internal/environment"
)

var duration = reflect.TypeFor[environment.Duration]()

// scalar reads one word, number or text.
func (r *reader) scalar(node ast.Node, field string, into reflect.Value, line int) {
	switch {
	case into.Type() == duration:
		r.duration(node, field, into, line)
	case into.Kind() == reflect.String:
		text, ok := node.(*ast.StringNode)
		if !ok {
			r.unread(line, field, "is "+kindOf(node)+" and not text", textFix(node, field, into.Type()))
			return
		}
		into.SetString(text.Value)
	case into.Kind() == reflect.Int:
		switch count := integer(node); {
		case count == nil:
			r.unread(line, field, "is "+kindOf(node)+" and not a whole number", "write "+example(field, into.Type()))
		case *count > math.MaxInt32 || *count < math.MinInt32:
			r.unread(line, field, "is too large a number", "write "+example(field, into.Type()))
		default:
			into.SetInt(*count)
		}
	case into.Kind() == reflect.Float64:
		if number, ok := node.(*ast.FloatNode); ok {
			into.SetFloat(number.Value)
		} else if count := integer(node); count != nil {
			into.SetFloat(float64(*count))
		} else {
			r.unread(line, field, "is "+kindOf(node)+" and not a number", "write "+example(field, into.Type()))
		}
	}
}

func (r *reader) duration(node ast.Node, field string, into reflect.Value, line int) {
	text, ok := node.(*ast.StringNode)
	if !ok {
		if count := integer(node); count != nil {
			r.unread(line, field, fmt.Sprintf("%d has no unit, so nobody can tell seconds from minutes", *count), fmt.Sprintf("write %ds, %dm, %dh or %dd", *count, *count, *count, *count))
			return
		}
		r.unread(line, field, "is "+kindOf(node)+" and not a duration", "write it with its unit: 30s, 15m, 2h, 35d, 12mo or 7y")
		return
	}
	span, err := environment.ParseDuration(text.Value)
	if err != nil {
		problem, fix, _ := strings.Cut(err.Error(), ": ")
		r.unread(line, field, oneLine(problem), fix)
		return
	}
	into.SetInt(int64(span))
}

func integer(node ast.Node) *int64 {
	number, ok := node.(*ast.IntegerNode)
	if !ok {
		return nil
	}
	switch value := number.Value.(type) {
	case int64:
		return &value
	case uint64:
		bounded := int64(min(value, math.MaxInt64)) // #nosec G115: bounded
		return &bounded
	}
	return nil
}

// textFix: digits that are meant as text want quotes.
func textFix(node ast.Node, field string, into reflect.Type) string {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return fmt.Sprintf("write it in quotes: %q", node.GetToken().Value)
	}
	return "write " + example(field, into)
}

// kindOf names what stands where something else belongs.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a group of fields"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return "text"
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.IntegerNode:
		return "a whole number"
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias (each value is written out here)"
	case *ast.TagNode:
		return "a YAML tag"
	case *ast.MergeKeyNode:
		return "a merge key (each value is written out here)"
	}
	return "something else"
}

var index = regexp.MustCompile(`\[\d+\]`)

// example is a value of the kind that a field wants.
func example(field string, of reflect.Type) string {
	if shape, known := environment.Shapes()[index.ReplaceAllString(field, "[]")]; known {
		return shape.Means + ", for example " + shape.Example
	}
	switch {
	case of == duration:
		return "a duration with its unit, for example 30s, 15m or 35d"
	case of == reflect.TypeFor[environment.Tier]():
		return "critical, standard or non-critical"
	case of == reflect.TypeFor[environment.TimeoutPolicy]():
		return "stand-down or proceed"
	case of.Kind() == reflect.Struct:
		return "its fields: " + strings.Join(names(of), ", ")
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.String:
		return "a list in brackets, each entry " + example(field+"[]", of.Elem())
	case of.Kind() == reflect.Slice:
		return "a list, each entry with " + strings.Join(names(of.Elem()), ", ")
	}
	return "a number"
}
