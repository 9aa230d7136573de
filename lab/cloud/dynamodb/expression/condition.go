package expression

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Condition tells whether an item (nil or empty when it does not exist) satisfies an expression.
type Condition func(Item) bool

// Condition reads a ConditionExpression or FilterExpression; kind names it in errors.
func (r *Reader) Condition(kind, text string) (Condition, error) {
	p, err := r.parser(kind, text)
	if err != nil {
		return nil, err
	}
	c, err := p.or()
	if err == nil && p.peek().kind != end {
		err = p.unexpected()
	}
	return c, within(kind, err)
}

// Precedence, strongest first: comparison, IN, BETWEEN, functions, parentheses, NOT, AND, OR.
func (p *parser) or() (Condition, error) {
	left, err := p.and()
	for err == nil && p.keyword("OR") {
		var right Condition
		first := left
		if right, err = p.and(); err == nil {
			left = func(i Item) bool { return first(i) || right(i) }
		}
	}
	return left, err
}

func (p *parser) and() (Condition, error) {
	left, err := p.not()
	for err == nil && p.keyword("AND") {
		var right Condition
		first := left
		if right, err = p.not(); err == nil {
			left = func(i Item) bool { return first(i) && right(i) }
		}
	}
	return left, err
}

func (p *parser) not() (Condition, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if p.keyword("NOT") {
		inner, err := p.not()
		return func(i Item) bool { return !inner(i) }, err
	}
	return p.primary()
}

func (p *parser) primary() (Condition, error) {
	if p.take("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	if t := p.peek(); t.kind == word && p.tokens[p.at+1].text == "(" && t.text != "size" {
		p.at += 2
		return p.function(t.text)
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch {
	case p.keyword("BETWEEN"):
		return p.between(left)
	case p.keyword("IN"):
		return p.in(left)
	}
	operator := p.next()
	if operator.kind != mark || !strings.Contains(" = <> < <= > >= ", " "+operator.text+" ") {
		if operator.kind != end {
			p.at--
		}
		return nil, p.unexpected()
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return compare(operator.text, left, right)
}

// operand is a path, a literal or size(path).
type operand struct {
	path    Path
	literal types.AttributeValue
	size    bool
}

func (o operand) of(item Item) types.AttributeValue {
	v := o.literal
	if o.path != nil {
		v = o.path.Get(item)
	}
	if !o.size || v == nil {
		return v
	}
	n, ok := size(v)
	if !ok {
		return nil
	}
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

func (p *parser) operand() (operand, error) {
	t := p.peek()
	switch {
	case t.kind == value:
		p.at++
		v, err := p.literal(t)
		return operand{literal: v}, err
	case t.kind == word && t.text == "size" && p.tokens[p.at+1].text == "(":
		p.at += 2
		path, err := p.path()
		if err != nil {
			return operand{}, err
		}
		return operand{path: path, size: true}, p.expect(")")
	}
	path, err := p.path()
	return operand{path: path}, err
}

func compare(operator string, left, right operand) (Condition, error) {
	switch operator {
	case "=":
		return func(i Item) bool { return Equal(left.of(i), right.of(i)) }, nil
	case "<>":
		// The opposite of =, so an attribute that does not exist is unequal to everything. AWS documents only
		// "true if a is not equal to b"; ScyllaDB's tests against DynamoDB record the missing attribute.
		return func(i Item) bool { return !Equal(left.of(i), right.of(i)) }, nil
	}
	for _, o := range []operand{left, right} {
		if o.literal != nil && !ordered(o.literal) {
			return nil, problem("Incorrect operand type for operator or function; operator: %s, operand type: %s", operator, TypeOf(o.literal))
		}
	}
	return func(i Item) bool {
		order, ok := Compare(left.of(i), right.of(i))
		if !ok {
			return false
		}
		switch operator {
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		}
		return order >= 0
	}, nil
}

func ordered(v types.AttributeValue) bool {
	t := TypeOf(v)
	return t == "S" || t == "N" || t == "B"
}

func (p *parser) between(x operand) (Condition, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.keyword("AND") {
		return nil, p.unexpected()
	}
	high, err := p.operand()
	if err != nil {
		return nil, err
	}
	if low.literal != nil && high.literal != nil {
		order, ok := Compare(low.literal, high.literal)
		if !ok {
			return nil, problem("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {%s}, upper bound operand: AttributeValue: {%s}", TypeOf(low.literal), TypeOf(high.literal))
		}
		if order > 0 {
			return nil, problem("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
		}
	}
	above, err := compare(">=", x, low)
	if err != nil {
		return nil, err
	}
	below, err := compare("<=", x, high)
	return func(i Item) bool { return above(i) && below(i) }, err
}

func (p *parser) in(x operand) (Condition, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []operand
	for {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		if list = append(list, o); len(list) > 100 {
			return nil, problem("Invalid number of operands for operator IN: at most 100")
		}
		if !p.take(",") {
			break
		}
	}
	return func(i Item) bool {
		v := x.of(i)
		for _, o := range list {
			if Equal(v, o.of(i)) {
				return true
			}
		}
		return false
	}, p.expect(")")
}
