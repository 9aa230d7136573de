// Package expression reads and evaluates DynamoDB's condition, filter, key, projection and update expressions.
//
// It refuses what DynamoDB refuses (reserved words, undefined and unused placeholders, overlapping paths, operands of
// the wrong type) with the text of a ValidationException, and knows nothing of tables. Grammar:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html and
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
package expression

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Error is why DynamoDB refuses a request: the message of its ValidationException.
type Error struct{ Message string }

// Error gives the message.
func (e *Error) Error() string { return e.Message }

func problem(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// limits of one expression: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const (
	maxLength = 4096 // bytes
	maxDepth  = 32   // levels of nesting of a document; also bounds the parser
)

// Reader reads the expressions of one request, which share their placeholders.
type Reader struct {
	names      map[string]string
	values     map[string]types.AttributeValue
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewReader takes ExpressionAttributeNames and ExpressionAttributeValues.
func NewReader(names map[string]string, values map[string]types.AttributeValue) *Reader {
	return &Reader{names: names, values: values, usedNames: map[string]bool{}, usedValues: map[string]bool{}}
}

// Finish refuses placeholders that no expression used, as DynamoDB does.
func (r *Reader) Finish() error {
	if unused := missing(r.names, r.usedNames); unused != "" {
		return problem("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", unused)
	}
	if unused := missing(r.values, r.usedValues); unused != "" {
		return problem("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", unused)
	}
	return nil
}

func missing[V any](given map[string]V, used map[string]bool) string {
	var unused []string
	for key := range given {
		if !used[key] {
			unused = append(unused, key)
		}
	}
	sort.Strings(unused)
	return strings.Join(unused, ", ")
}

type parser struct {
	*Reader
	tokens []token
	at     int
	depth  int
}

func (r *Reader) parser(kind, text string) (*parser, error) {
	if strings.TrimSpace(text) == "" {
		return nil, problem("Invalid %s: The expression can not be empty;", kind)
	}
	if len(text) > maxLength {
		return nil, problem("Invalid %s: Expression size has exceeded the maximum allowed size; expression size: %d", kind, len(text))
	}
	tokens, err := scan(text)
	if err != nil {
		return nil, within(kind, err)
	}
	return &parser{Reader: r, tokens: tokens}, nil
}

func within(kind string, err error) error {
	if err == nil {
		return nil
	}
	return problem("Invalid %s: %s", kind, err.Error())
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) is(text string) bool { return p.peek().kind == mark && p.peek().text == text }

func (p *parser) take(text string) bool {
	if p.is(text) {
		p.at++
		return true
	}
	return false
}

// keyword takes a keyword, in any case.
func (p *parser) keyword(text string) bool {
	if p.peek().kind == word && strings.EqualFold(p.peek().text, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if !p.take(text) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) unexpected() error {
	if p.peek().kind == end {
		return problem("Syntax error; token: \"<EOF>\"")
	}
	return problem("Syntax error; token: %q", p.peek().text)
}

func (p *parser) nest() error {
	if p.depth++; p.depth > maxDepth*4 {
		return problem("The expression is nested too deeply")
	}
	return nil
}

// path reads a.b[0], with names and placeholders for each element.
func (p *parser) path() (Path, error) {
	var path Path
	for {
		t := p.next()
		switch t.kind {
		case word:
			if isReserved(t.text) {
				return nil, problem("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
			}
			path = append(path, step{name: t.text})
		case name:
			real, ok := p.names[t.text]
			if !ok {
				return nil, problem("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
			}
			p.usedNames[t.text] = true
			path = append(path, step{name: real})
		default:
			if t.kind != end {
				p.at--
			}
			return nil, p.unexpected()
		}
		for p.take("[") {
			t := p.next()
			index, err := strconv.Atoi(t.text)
			if t.kind != number || err != nil {
				return nil, problem("Syntax error; token: %q", t.text)
			}
			if err := p.expect("]"); err != nil {
				return nil, err
			}
			path = append(path, step{index: index, indexed: true})
		}
		if len(path) > maxDepth {
			return nil, problem("The document path has too many nesting elements; nesting elements: %d", len(path))
		}
		if !p.take(".") {
			return path, nil
		}
	}
}

func (p *parser) literal(t token) (types.AttributeValue, error) {
	v, ok := p.values[t.text]
	if !ok {
		return nil, problem("An expression attribute value used in expression is not defined; attribute value: %s", t.text)
	}
	p.usedValues[t.text] = true
	return v, nil
}
