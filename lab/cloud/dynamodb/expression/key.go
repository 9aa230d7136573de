package expression

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// KeyCondition reads a KeyConditionExpression: the partition key equals a value, and at most one comparison of the
// sort key (not <>, IN, NOT or OR). https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
func (r *Reader) KeyCondition(text, partition, sort string) (hash types.AttributeValue, matches Condition, err error) {
	const kind = "KeyConditionExpression"
	p, err := r.parser(kind, text)
	if err != nil {
		return nil, nil, err
	}
	matches = func(Item) bool { return true }
	sorted := false
	for {
		if p.peek().kind == word && p.peek().text == "begins_with" {
			p.at += 2
			path, sub, err := p.beginsKey()
			if err != nil {
				return nil, nil, within(kind, err)
			}
			if len(path) != 1 || path.Top() != sort || sorted {
				return nil, nil, problem("Query key condition not supported")
			}
			sorted, matches = true, func(i Item) bool { return begins(path.Get(i), sub) }
		} else {
			left, err := p.operand()
			if err != nil {
				return nil, nil, within(kind, err)
			}
			c, equals, err := p.keyComparison(left)
			if err != nil {
				return nil, nil, within(kind, err)
			}
			switch {
			case len(left.path) == 1 && !left.size && left.path.Top() == partition && equals != nil && hash == nil:
				hash = equals
			case len(left.path) == 1 && !left.size && sort != "" && left.path.Top() == sort && !sorted:
				sorted, matches = true, c
			default:
				return nil, nil, problem("Query key condition not supported")
			}
		}
		if !p.keyword("AND") {
			break
		}
	}
	if p.peek().kind != end {
		return nil, nil, within(kind, p.unexpected())
	}
	if hash == nil {
		return nil, nil, problem("Query condition missed key schema element: %s", partition)
	}
	return hash, matches, nil
}

func (p *parser) beginsKey() (Path, types.AttributeValue, error) {
	path, err := p.path()
	if err != nil {
		return nil, nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, nil, err
	}
	o, err := p.operand()
	if err != nil {
		return nil, nil, err
	}
	return path, o.literal, p.expect(")")
}

// keyComparison also gives the literal when the comparison is for equality.
func (p *parser) keyComparison(left operand) (c Condition, equals types.AttributeValue, err error) {
	if p.keyword("BETWEEN") {
		c, err = p.between(left)
		return c, nil, err
	}
	operator := p.next().text
	if operator != "=" && operator != "<" && operator != "<=" && operator != ">" && operator != ">=" {
		return nil, nil, problem("Invalid operator used in KeyConditionExpression: %s", operator)
	}
	right, err := p.operand()
	if err != nil {
		return nil, nil, err
	}
	if operator == "=" {
		equals = right.literal
	}
	c, err = compare(operator, left, right)
	return c, equals, err
}
