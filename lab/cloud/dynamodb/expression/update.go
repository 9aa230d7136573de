package expression

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Update changes items as an UpdateExpression says.
type Update struct {
	changes []change
}

type change struct {
	path   Path
	set    func(before Item) (types.AttributeValue, error)                      // SET
	modify func(old types.AttributeValue) (new types.AttributeValue, err error) // ADD and DELETE; nil removes
	remove bool
}

// Update reads an UpdateExpression.
func (r *Reader) Update(text string) (*Update, error) {
	const kind = "UpdateExpression"
	p, err := r.parser(kind, text)
	if err != nil {
		return nil, err
	}
	u, seen := &Update{}, map[string]bool{}
	for p.peek().kind != end {
		section := strings.ToUpper(p.peek().text)
		clause, ok := map[string]func() (change, error){"SET": p.assign, "REMOVE": p.drop, "ADD": p.add, "DELETE": p.subtract}[section]
		if !ok || p.peek().kind != word {
			return nil, within(kind, p.unexpected())
		}
		p.at++
		if seen[section] {
			return nil, problem("Invalid UpdateExpression: The %q section can only be used once in an update expression;", section)
		}
		seen[section] = true
		for {
			c, err := clause()
			if err != nil {
				return nil, within(kind, err)
			}
			if err := u.append(c); err != nil {
				return nil, err
			}
			if !p.take(",") {
				break
			}
		}
	}
	return u, nil
}

func (u *Update) append(c change) error {
	for _, other := range u.changes {
		if c.path.overlaps(other.path) {
			return problem("Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [%s], path two: [%s]", other.path, c.path)
		}
	}
	u.changes = append(u.changes, c)
	return nil
}

// Attributes are the top-level attributes that the update touches, each once.
func (u *Update) Attributes() []string {
	var names []string
	for _, c := range u.changes {
		if !slices.Contains(names, c.path.Top()) {
			names = append(names, c.path.Top())
		}
	}
	return names
}

// Apply gives the item after the update; every value is taken from the item as it was before.
func (u *Update) Apply(before Item) (Item, error) {
	after := CopyItem(before)
	for _, c := range u.changes {
		var v types.AttributeValue
		var err error
		switch {
		case c.set != nil:
			v, err = c.set(before)
		case c.modify != nil:
			v, err = c.modify(c.path.Get(before))
		}
		if err != nil {
			return nil, err
		}
		if v != nil {
			err = c.path.set(after, Copy(v))
		} else if c.remove {
			err = c.path.remove(after)
		} else if c.modify != nil && c.path.Get(after) != nil {
			err = c.path.remove(after)
		}
		if err != nil {
			return nil, err
		}
	}
	return after, nil
}

func (p *parser) assign() (change, error) {
	path, err := p.path()
	if err != nil {
		return change{}, err
	}
	if err := p.expect("="); err != nil {
		return change{}, err
	}
	left, err := p.source()
	if err != nil {
		return change{}, err
	}
	operator := p.peek().text
	if !p.take("+") && !p.take("-") {
		return change{path: path, set: left}, nil
	}
	right, err := p.source()
	if err != nil {
		return change{}, err
	}
	return change{path: path, set: func(i Item) (types.AttributeValue, error) {
		a, err := left(i)
		if err != nil {
			return nil, err
		}
		b, err := right(i)
		if err != nil {
			return nil, err
		}
		return arithmetic(a, b, operator == "-")
	}}, nil
}

type source = func(Item) (types.AttributeValue, error)

var errMissing = &Error{"The provided expression refers to an attribute that does not exist in the item"}

// source reads a path, a literal, if_not_exists(path, source) or list_append(source, source).
func (p *parser) source() (source, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	t := p.peek()
	if t.kind == value {
		p.at++
		v, err := p.literal(t)
		return func(Item) (types.AttributeValue, error) { return v, nil }, err
	}
	if t.kind == word && p.tokens[p.at+1].text == "(" {
		p.at += 2
		switch t.text {
		case "if_not_exists":
			return p.ifNotExists()
		case "list_append":
			return p.listAppend()
		}
		return nil, problem("Invalid function name; function: %s", t.text)
	}
	path, err := p.path()
	return func(i Item) (types.AttributeValue, error) {
		if v := path.Get(i); v != nil {
			return v, nil
		}
		return nil, errMissing
	}, err
}

func (p *parser) ifNotExists() (source, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	otherwise, err := p.source()
	if err != nil {
		return nil, err
	}
	return func(i Item) (types.AttributeValue, error) {
		if v := path.Get(i); v != nil {
			return v, nil
		}
		return otherwise(i)
	}, p.expect(")")
}

func (p *parser) listAppend() (source, error) {
	first, err := p.source()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	second, err := p.source()
	if err != nil {
		return nil, err
	}
	return func(i Item) (types.AttributeValue, error) {
		var out []types.AttributeValue
		for _, part := range []source{first, second} {
			v, err := part(i)
			if err != nil {
				return nil, err
			}
			list, ok := v.(*types.AttributeValueMemberL)
			if !ok {
				return nil, problem("An operand in the update expression has an incorrect data type")
			}
			out = append(out, list.Value...)
		}
		return &types.AttributeValueMemberL{Value: out}, nil
	}, p.expect(")")
}

func (p *parser) drop() (change, error) {
	path, err := p.path()
	return change{path: path, remove: true}, err
}
