package expression

import (
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func arithmetic(a, b types.AttributeValue, minus bool) (types.AttributeValue, error) {
	x, xOK := a.(*types.AttributeValueMemberN)
	y, yOK := b.(*types.AttributeValueMemberN)
	if !xOK || !yOK {
		return nil, problem("An operand in the update expression has an incorrect data type")
	}
	left, err := decimal(x.Value)
	if err != nil {
		return nil, err
	}
	right, err := decimal(y.Value)
	if err != nil {
		return nil, err
	}
	sum := new(big.Rat)
	if minus {
		sum.Sub(left, right)
	} else {
		sum.Add(left, right)
	}
	text := format(sum)
	if _, err := decimal(text); err != nil {
		return nil, err
	}
	return &types.AttributeValueMemberN{Value: text}, nil
}

func (p *parser) pair() (Path, types.AttributeValue, error) {
	path, err := p.path()
	if err != nil {
		return nil, nil, err
	}
	t := p.peek()
	if t.kind != value {
		return nil, nil, p.unexpected()
	}
	p.at++
	v, err := p.literal(t)
	return path, v, err
}

func (p *parser) add() (change, error) {
	path, delta, err := p.pair()
	if err != nil {
		return change{}, err
	}
	if t := TypeOf(delta); t != "N" && len(t) != 2 {
		return change{}, problem("Incorrect operand type for operator or function; operator: ADD, operand type: %s", t)
	}
	return change{path: path, modify: func(old types.AttributeValue) (types.AttributeValue, error) {
		if old == nil {
			return delta, nil
		}
		if TypeOf(old) != TypeOf(delta) {
			return nil, problem("An operand in the update expression has an incorrect data type")
		}
		if TypeOf(delta) == "N" {
			return arithmetic(old, delta, false)
		}
		sum := slices.Clone(elements(old))
		for _, v := range elements(delta) {
			if !holds(sum, v) {
				sum = append(sum, v)
			}
		}
		return setOf(TypeOf(old), sum), nil
	}}, nil
}

func (p *parser) subtract() (change, error) {
	path, delta, err := p.pair()
	if err != nil {
		return change{}, err
	}
	if t := TypeOf(delta); len(t) != 2 {
		return change{}, problem("Incorrect operand type for operator or function; operator: DELETE, operand type: %s", t)
	}
	return change{path: path, modify: func(old types.AttributeValue) (types.AttributeValue, error) {
		if old == nil {
			return nil, nil
		}
		if TypeOf(old) != TypeOf(delta) {
			return nil, problem("An operand in the update expression has an incorrect data type")
		}
		rest := slices.DeleteFunc(slices.Clone(elements(old)), func(v types.AttributeValue) bool { return holds(elements(delta), v) })
		if len(rest) == 0 {
			return nil, nil // a set is never empty: the attribute goes
		}
		return setOf(TypeOf(old), rest), nil
	}}, nil
}

func setOf(kind string, list []types.AttributeValue) types.AttributeValue {
	switch kind {
	case "SS":
		out := &types.AttributeValueMemberSS{}
		for _, v := range list {
			out.Value = append(out.Value, v.(*types.AttributeValueMemberS).Value)
		}
		return out
	case "NS":
		out := &types.AttributeValueMemberNS{}
		for _, v := range list {
			out.Value = append(out.Value, v.(*types.AttributeValueMemberN).Value)
		}
		return out
	}
	out := &types.AttributeValueMemberBS{}
	for _, v := range list {
		out.Value = append(out.Value, v.(*types.AttributeValueMemberB).Value)
	}
	return out
}
