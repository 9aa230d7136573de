package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// holds evaluates one condition. A key that is missing from the request fails it, except for the negated operators, for
// ...IfExists, and for Null, which asks for just that.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func (c Condition) holds(context map[string][]string) (bool, error) {
	operator, set := c.Operator, ""
	if qualifier, rest, ok := strings.Cut(operator, ":"); ok {
		set, operator = qualifier, rest
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	values, present := context[strings.ToLower(c.Key)]
	if operator == "Null" {
		return slices.Contains(c.Values, strconv.FormatBool(!present)), nil
	}
	compare, negated, err := comparison(operator)
	if err != nil {
		return false, fmt.Errorf("%w; its key is %s", err, c.Key)
	}
	if !present {
		return ifExists || negated || set == "ForAllValues", nil
	}
	one := func(value string) bool {
		matched := slices.ContainsFunc(c.Values, func(wanted string) bool { return compare(wanted, value) })
		return matched != negated
	}
	switch set {
	case "":
		if len(values) != 1 {
			return false, fmt.Errorf("condition key %s has %d values and no ForAnyValue or ForAllValues", c.Key, len(values))
		}
		return one(values[0]), nil
	case "ForAnyValue":
		return slices.ContainsFunc(values, one), nil
	case "ForAllValues":
		return !slices.ContainsFunc(values, func(value string) bool { return !one(value) }), nil
	}
	return false, fmt.Errorf("condition operator %s is not known", c.Operator)
}

func comparison(operator string) (compare func(wanted, value string) bool, negated bool, err error) {
	equal := func(wanted, value string) bool { return wanted == value }
	switch operator {
	case "StringEquals":
		return equal, false, nil
	case "StringNotEquals":
		return equal, true, nil
	case "StringEqualsIgnoreCase":
		return strings.EqualFold, false, nil
	case "StringLike":
		return Match, false, nil
	case "StringNotLike":
		return Match, true, nil
	case "ArnEquals", "ArnLike":
		return matchARN, false, nil
	case "ArnNotEquals", "ArnNotLike":
		return matchARN, true, nil
	case "Bool":
		return strings.EqualFold, false, nil
	case "NumericLessThan":
		return number(func(value, wanted float64) bool { return value < wanted }), false, nil
	case "NumericLessThanEquals":
		return number(func(value, wanted float64) bool { return value <= wanted }), false, nil
	case "NumericGreaterThan":
		return number(func(value, wanted float64) bool { return value > wanted }), false, nil
	case "NumericGreaterThanEquals":
		return number(func(value, wanted float64) bool { return value >= wanted }), false, nil
	}
	return nil, false, fmt.Errorf("condition operator %s is not known", operator)
}

// number compares decimal numbers; what is none never holds.
func number(holds func(value, wanted float64) bool) func(wanted, value string) bool {
	return func(wanted, value string) bool {
		w, errWanted := strconv.ParseFloat(wanted, 64)
		v, errValue := strconv.ParseFloat(value, 64)
		return errWanted == nil && errValue == nil && holds(v, w)
	}
}

// matchARN compares the six parts of an ARN each by itself, so that a wildcard never reaches over a colon that separates
// them.
func matchARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != len(parts) {
		return pattern == "*"
	}
	for i := range patterns {
		if !Match(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}
