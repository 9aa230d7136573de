package policy

import (
	"fmt"
	"maps"
	"slices"
)

// Read reads a policy document whose intrinsic functions are resolved.
func Read(document any) (Document, error) {
	fields, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a policy is a %T and no object", document)
	}
	list, ok := fields["Statement"].([]any)
	if !ok {
		list = []any{fields["Statement"]}
	}
	d := Document{}
	for i, item := range list {
		s, err := readStatement(item)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		d = append(d, s)
	}
	return d, nil
}

func readStatement(item any) (s Statement, err error) {
	fields, ok := item.(map[string]any)
	if !ok {
		return s, fmt.Errorf("it is a %T and no object", item)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		switch name {
		case "Sid":
			s.Sid, _ = value.(string)
		case "Effect":
			if value != "Allow" && value != "Deny" {
				return s, fmt.Errorf("effect %v is neither Allow nor Deny", value)
			}
			s.Allow = value == "Allow"
		case "Action":
			s.Actions, err = texts(value)
		case "NotAction":
			s.NotActions, err = texts(value)
		case "Resource":
			s.Resources, err = texts(value)
		case "NotResource":
			s.NotResources, err = texts(value)
		case "Principal":
			s.Principals, err = principals(value)
		case "Condition":
			s.Conditions, err = conditions(value)
		default:
			return s, fmt.Errorf("element %s is not known", name)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	if fields["Effect"] == nil {
		return s, fmt.Errorf("it has no effect")
	}
	return s, nil
}

// texts is one text or a list of texts. Numbers and booleans occur as values of conditions.
func texts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case bool, float64:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var all []string
		for _, item := range v {
			one, err := texts(item)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("%v is no text", value)
}

func principals(value any) ([]string, error) {
	if value == "*" {
		return []string{"*"}, nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("principal %v is not known", value)
	}
	all := []string{}
	for _, kind := range slices.Sorted(maps.Keys(fields)) {
		if kind != "AWS" && kind != "Service" && kind != "Federated" {
			return nil, fmt.Errorf("principal of kind %s is not known", kind)
		}
		list, err := texts(fields[kind])
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func conditions(value any) ([]Condition, error) {
	operators, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("condition %v is no object", value)
	}
	var all []Condition
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		keys, ok := operators[operator].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is no object", operator)
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values, err := texts(keys[key])
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	return all, nil
}
