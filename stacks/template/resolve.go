package template

import (
	"fmt"
	"strings"
)

// Resolve replaces the intrinsic functions in a value. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
func (t *Template) Resolve(value any) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			if resolved := t.Resolve(item); resolved != nil {
				out = append(out, resolved)
			}
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if resolved, is := t.intrinsic(name, argument); is {
					return resolved
				}
			}
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			if resolved := t.Resolve(item); resolved != nil {
				out[key] = resolved
			}
		}
		return out
	}
	return value
}

func (t *Template) intrinsic(name string, argument any) (any, bool) {
	switch name {
	case "Ref":
		id, ok := argument.(string)
		if !ok {
			return nil, false
		}
		return t.ref(id), true
	case "Fn::GetAtt":
		id, attribute := pair(argument)
		return t.attribute(id, attribute), true
	case "Fn::Join":
		parts, _ := argument.([]any)
		if len(parts) != 2 {
			return nil, false
		}
		separator, _ := parts[0].(string)
		return t.join(separator, parts[1]), true
	case "Fn::Sub":
		return t.sub(argument), true
	case "Fn::Select":
		return t.choose(argument), true
	case "Fn::Split":
		parts, _ := t.Resolve(argument).([]any)
		if len(parts) != 2 {
			return nil, false
		}
		var out []any
		for _, part := range strings.Split(fmt.Sprint(parts[1]), fmt.Sprint(parts[0])) {
			out = append(out, part)
		}
		return out, true
	case "Fn::ImportValue", "Fn::GetAZs", "Fn::If", "Fn::FindInMap", "Fn::Base64", "Fn::Cidr", "Fn::GetStackOutput":
		return fmt.Sprintf("${%s %v}", name, t.Resolve(argument)), true
	}
	return nil, false
}

func pair(argument any) (id, attribute string) {
	switch v := argument.(type) {
	case string:
		id, attribute, _ = strings.Cut(v, ".")
	case []any:
		if len(v) == 2 {
			id, _ = v[0].(string)
			attribute, _ = v[1].(string)
		}
	}
	return id, attribute
}

func (t *Template) join(separator string, list any) any {
	items, ok := t.Resolve(list).([]any)
	if !ok {
		return fmt.Sprint(t.Resolve(list))
	}
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = fmt.Sprint(item)
	}
	return strings.Join(words, separator)
}

func (t *Template) choose(argument any) any {
	parts, _ := argument.([]any)
	if len(parts) != 2 {
		return nil
	}
	items, ok := t.Resolve(parts[1]).([]any)
	var at int
	if _, err := fmt.Sscan(fmt.Sprint(parts[0]), &at); err != nil || !ok || at < 0 || at >= len(items) {
		return fmt.Sprintf("${Fn::Select %v %v}", parts[0], t.Resolve(parts[1]))
	}
	return items[at]
}

// sub replaces ${Name}, ${Name.Attribute} and ${Variable}; ${!Literal} stays ${Literal}.
func (t *Template) sub(argument any) any {
	variables := map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		variables, _ = list[1].(map[string]any)
		argument = list[0]
	}
	text, ok := argument.(string)
	if !ok {
		return nil
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			out.WriteString("${" + after)
			return out.String()
		}
		text = rest
		literal, isLiteral := strings.CutPrefix(name, "!")
		value, isVariable := variables[name]
		id, attribute, isAttribute := strings.Cut(name, ".")
		switch {
		case isLiteral:
			out.WriteString("${" + literal + "}")
		case isVariable:
			fmt.Fprint(&out, t.Resolve(value))
		case isAttribute:
			fmt.Fprint(&out, t.attribute(id, attribute))
		default:
			fmt.Fprint(&out, t.ref(name))
		}
	}
}

// ref is what Ref gives: a pseudo parameter, a parameter's default, or the name of a resource.
func (t *Template) ref(id string) any {
	switch id {
	case "AWS::Region":
		return t.Region
	case "AWS::AccountId":
		return t.Account
	case "AWS::Partition":
		return "aws"
	case "AWS::URLSuffix":
		return "amazonaws.com"
	case "AWS::StackName":
		return t.Stack
	case "AWS::NoValue":
		return nil
	}
	if parameter, ok := t.Parameters[id]; ok && parameter.Default != nil {
		return parameter.Default
	}
	return t.physical(id)
}
