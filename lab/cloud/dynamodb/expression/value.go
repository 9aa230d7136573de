package expression

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TypeOf is DynamoDB's descriptor of a value: S, N, B, BOOL, NULL, M, L, SS, NS or BS.
func TypeOf(v types.AttributeValue) string {
	switch v.(type) {
	case *types.AttributeValueMemberS:
		return "S"
	case *types.AttributeValueMemberN:
		return "N"
	case *types.AttributeValueMemberB:
		return "B"
	case *types.AttributeValueMemberBOOL:
		return "BOOL"
	case *types.AttributeValueMemberNULL:
		return "NULL"
	case *types.AttributeValueMemberM:
		return "M"
	case *types.AttributeValueMemberL:
		return "L"
	case *types.AttributeValueMemberSS:
		return "SS"
	case *types.AttributeValueMemberNS:
		return "NS"
	case *types.AttributeValueMemberBS:
		return "BS"
	}
	return ""
}

// Copy is a deep copy, so that no pointer is shared between a caller and a table.
func Copy(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return &types.AttributeValueMemberS{Value: v.Value}
	case *types.AttributeValueMemberN:
		return &types.AttributeValueMemberN{Value: v.Value}
	case *types.AttributeValueMemberB:
		return &types.AttributeValueMemberB{Value: bytes.Clone(v.Value)}
	case *types.AttributeValueMemberBOOL:
		return &types.AttributeValueMemberBOOL{Value: v.Value}
	case *types.AttributeValueMemberNULL:
		return &types.AttributeValueMemberNULL{Value: v.Value}
	case *types.AttributeValueMemberM:
		return &types.AttributeValueMemberM{Value: CopyItem(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]types.AttributeValue, len(v.Value))
		for i := range v.Value {
			list[i] = Copy(v.Value[i])
		}
		return &types.AttributeValueMemberL{Value: list}
	case *types.AttributeValueMemberSS:
		return &types.AttributeValueMemberSS{Value: append([]string(nil), v.Value...)}
	case *types.AttributeValueMemberNS:
		return &types.AttributeValueMemberNS{Value: append([]string(nil), v.Value...)}
	case *types.AttributeValueMemberBS:
		set := make([][]byte, len(v.Value))
		for i := range v.Value {
			set[i] = bytes.Clone(v.Value[i])
		}
		return &types.AttributeValueMemberBS{Value: set}
	}
	return nil
}

// CopyItem is a deep copy; nil stays nil.
func CopyItem(item Item) Item {
	if item == nil {
		return nil
	}
	out := make(Item, len(item))
	for key, v := range item {
		out[key] = Copy(v)
	}
	return out
}

// Equal tells whether two values are of one type and the same; sets compare without order, numbers by value.
func Equal(a, b types.AttributeValue) bool {
	if a == nil || b == nil || TypeOf(a) != TypeOf(b) {
		return false
	}
	switch a := a.(type) {
	case *types.AttributeValueMemberBOOL:
		return a.Value == b.(*types.AttributeValueMemberBOOL).Value
	case *types.AttributeValueMemberNULL:
		return true
	case *types.AttributeValueMemberM:
		other := b.(*types.AttributeValueMemberM).Value
		if len(a.Value) != len(other) {
			return false
		}
		for key, v := range a.Value {
			if !Equal(v, other[key]) {
				return false
			}
		}
		return true
	case *types.AttributeValueMemberL:
		other := b.(*types.AttributeValueMemberL).Value
		if len(a.Value) != len(other) {
			return false
		}
		for i := range a.Value {
			if !Equal(a.Value[i], other[i]) {
				return false
			}
		}
		return true
	case *types.AttributeValueMemberSS, *types.AttributeValueMemberNS, *types.AttributeValueMemberBS:
		left, right := elements(a), elements(b)
		if len(left) != len(right) {
			return false
		}
		for _, v := range left {
			if !holds(right, v) {
				return false
			}
		}
		return true
	}
	order, ok := Compare(a, b)
	return ok && order == 0
}

// Compare orders two strings, numbers or binaries; ok is false for anything else or for different types.
func Compare(a, b types.AttributeValue) (order int, ok bool) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		if b, same := b.(*types.AttributeValueMemberS); same {
			return strings.Compare(a.Value, b.Value), true // by bytes of UTF-8
		}
	case *types.AttributeValueMemberB:
		if b, same := b.(*types.AttributeValueMemberB); same {
			return bytes.Compare(a.Value, b.Value), true
		}
	case *types.AttributeValueMemberN:
		if b, same := b.(*types.AttributeValueMemberN); same {
			x, xErr := decimal(a.Value)
			y, yErr := decimal(b.Value)
			return x.Cmp(y), xErr == nil && yErr == nil
		}
	}
	return 0, false
}

func elements(v types.AttributeValue) []types.AttributeValue {
	var out []types.AttributeValue
	switch v := v.(type) {
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			out = append(out, &types.AttributeValueMemberS{Value: s})
		}
	case *types.AttributeValueMemberNS:
		for _, s := range v.Value {
			out = append(out, &types.AttributeValueMemberN{Value: s})
		}
	case *types.AttributeValueMemberBS:
		for _, s := range v.Value {
			out = append(out, &types.AttributeValueMemberB{Value: s})
		}
	case *types.AttributeValueMemberL:
		return v.Value
	}
	return out
}

func holds(list []types.AttributeValue, v types.AttributeValue) bool {
	for _, other := range list {
		if Equal(other, v) {
			return true
		}
	}
	return false
}

// decimal reads a number within DynamoDB's range: 38 digits, 1E-130 to 9.99E+125.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
func decimal(text string) (*big.Rat, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e > 200 || e < -200 {
			return new(big.Rat), problem("The parameter cannot be converted to a numeric value: %s", text)
		}
		mantissa, exponent = text[:i], e
	}
	digits := strings.TrimLeft(strings.Replace(strings.TrimLeft(mantissa, "+-"), ".", "", 1), "0")
	if strings.Trim(mantissa, "+-.0123456789") != "" || strings.Trim(mantissa, "+-.") == "" || strings.ContainsAny(text, "_/") {
		return new(big.Rat), problem("The parameter cannot be converted to a numeric value: %s", text)
	}
	if len(strings.TrimRight(digits, "0")) > 38 {
		return new(big.Rat), problem("Attempting to store more than 38 significant digits in a Number")
	}
	if len(mantissa)+max(exponent, -exponent) > 400 {
		return new(big.Rat), problem("Number overflow. Attempting to store a number with magnitude larger than supported range")
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat), problem("The parameter cannot be converted to a numeric value: %s", text)
	}
	return n, nil
}

// Number is the form in which DynamoDB returns a number: without leading or trailing zeros.
func Number(text string) (string, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10), nil
	}
	n, err := decimal(text)
	if err != nil {
		return "", err
	}
	return format(n), nil
}

func format(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	return strings.TrimRight(n.FloatString(330), "0")
}
