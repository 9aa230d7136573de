package expression

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// size is the length in characters, bytes or elements; numbers, booleans and nulls have none.
func size(v types.AttributeValue) (int, bool) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return utf8.RuneCountInString(v.Value), true
	case *types.AttributeValueMemberB:
		return len(v.Value), true
	case *types.AttributeValueMemberM:
		return len(v.Value), true
	case *types.AttributeValueMemberN, *types.AttributeValueMemberBOOL, *types.AttributeValueMemberNULL:
		return 0, false
	}
	return len(elements(v)), true
}

func (p *parser) function(name string) (Condition, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	switch name {
	case "attribute_exists":
		return func(i Item) bool { return path.Get(i) != nil }, p.expect(")")
	case "attribute_not_exists":
		return func(i Item) bool { return path.Get(i) == nil }, p.expect(")")
	case "attribute_type", "begins_with", "contains":
	default:
		return nil, problem("Invalid function name; function: %s", name)
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	second, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	switch name {
	case "attribute_type":
		want, ok := second.literal.(*types.AttributeValueMemberS)
		if !ok || !strings.Contains(" S N B BOOL NULL M L SS NS BS ", " "+want.Value+" ") {
			return nil, problem("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", TypeOf(second.literal))
		}
		return func(i Item) bool { return TypeOf(path.Get(i)) == want.Value }, nil
	case "begins_with":
		if t := TypeOf(second.literal); second.literal != nil && t != "S" && t != "B" {
			return nil, problem("Incorrect operand type for operator or function; operator or function: begins_with, operand type: %s", t)
		}
		return func(i Item) bool { return begins(path.Get(i), second.of(i)) }, nil
	}
	return func(i Item) bool { return contains(path.Get(i), second.of(i)) }, nil
}

func begins(v, prefix types.AttributeValue) bool {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		p, ok := prefix.(*types.AttributeValueMemberS)
		return ok && strings.HasPrefix(v.Value, p.Value)
	case *types.AttributeValueMemberB:
		p, ok := prefix.(*types.AttributeValueMemberB)
		return ok && bytes.HasPrefix(v.Value, p.Value)
	}
	return false
}

func contains(v, part types.AttributeValue) bool {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		p, ok := part.(*types.AttributeValueMemberS)
		return ok && strings.Contains(v.Value, p.Value)
	case *types.AttributeValueMemberB:
		p, ok := part.(*types.AttributeValueMemberB)
		return ok && bytes.Contains(v.Value, p.Value)
	}
	return holds(elements(v), part)
}
