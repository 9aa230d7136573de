package expression

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is one item, or one map in it.
type Item = map[string]types.AttributeValue

// Path is where a value stands in an item.
type Path []step

type step struct {
	name    string
	index   int
	indexed bool
}

// Top is the attribute that the path begins with.
func (p Path) Top() string { return p[0].name }

// String writes the path as an expression without placeholders would.
func (p Path) String() string {
	text := ""
	for i, s := range p {
		switch {
		case s.indexed:
			text += "[" + strconv.Itoa(s.index) + "]"
		case i > 0:
			text += "." + s.name
		default:
			text += s.name
		}
	}
	return text
}

func (p Path) overlaps(other Path) bool {
	for i := range min(len(p), len(other)) {
		if p[i] != other[i] {
			return false
		}
	}
	return true
}

// Get is the value at the path, or nil.
func (p Path) Get(item Item) types.AttributeValue {
	var at types.AttributeValue = &types.AttributeValueMemberM{Value: item}
	for _, s := range p {
		if at = s.in(at); at == nil {
			return nil
		}
	}
	return at
}

func (s step) in(parent types.AttributeValue) types.AttributeValue {
	switch v := parent.(type) {
	case *types.AttributeValueMemberM:
		if !s.indexed {
			return v.Value[s.name]
		}
	case *types.AttributeValueMemberL:
		if s.indexed && s.index < len(v.Value) {
			return v.Value[s.index]
		}
	}
	return nil
}

var errPath = &Error{"The document path provided in the update expression is invalid for update"}

// set puts a value at the path. Everything above it must exist; an index past the end of a list appends.
func (p Path) set(item Item, v types.AttributeValue) error {
	parent := p[:len(p)-1].Get(item)
	last := p[len(p)-1]
	switch container := parent.(type) {
	case *types.AttributeValueMemberM:
		if last.indexed {
			return errPath
		}
		container.Value[last.name] = v
	case *types.AttributeValueMemberL:
		if !last.indexed {
			return errPath
		}
		if last.index < len(container.Value) {
			container.Value[last.index] = v
		} else {
			container.Value = append(container.Value, v)
		}
	default:
		return errPath
	}
	return nil
}

// remove takes the value at the path away; one that does not exist is not an error, but its parent must.
func (p Path) remove(item Item) error {
	parent := p[:len(p)-1].Get(item)
	last := p[len(p)-1]
	switch container := parent.(type) {
	case *types.AttributeValueMemberM:
		if last.indexed {
			return errPath
		}
		delete(container.Value, last.name)
	case *types.AttributeValueMemberL:
		if !last.indexed {
			return errPath
		}
		if last.index < len(container.Value) {
			container.Value = append(container.Value[:last.index:last.index], container.Value[last.index+1:]...)
		}
	default:
		return errPath
	}
	return nil
}

// Projection reads a ProjectionExpression and gives a function that keeps only its paths. Elements of lists keep
// their order and close up, as DynamoDB returns them.
func (r *Reader) Projection(text string) (func(Item) Item, error) {
	p, err := r.parser("ProjectionExpression", text)
	if err != nil {
		return nil, err
	}
	var paths []Path
	for {
		path, err := p.path()
		if err != nil {
			return nil, within("ProjectionExpression", err)
		}
		for _, other := range paths {
			if path.overlaps(other) {
				return nil, problem("Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [%s], path two: [%s]", other, path)
			}
		}
		paths = append(paths, path)
		if !p.take(",") {
			break
		}
	}
	if p.peek().kind != end {
		return nil, within("ProjectionExpression", p.unexpected())
	}
	return func(item Item) Item {
		out := Item{}
		for _, path := range paths {
			if v := path.Get(item); v != nil {
				project(out, path, v)
			}
		}
		return out
	}, nil
}

func project(out Item, path Path, v types.AttributeValue) {
	put := func(v types.AttributeValue) { out[path[0].name] = v }
	existing := out[path[0].name]
	for _, s := range path[1:] {
		if s.indexed {
			list, ok := existing.(*types.AttributeValueMemberL)
			if !ok {
				list = &types.AttributeValueMemberL{}
				put(list)
			}
			list.Value = append(list.Value, nil)
			at := len(list.Value) - 1
			put, existing = func(v types.AttributeValue) { list.Value[at] = v }, nil
			continue
		}
		m, ok := existing.(*types.AttributeValueMemberM)
		if !ok {
			m = &types.AttributeValueMemberM{Value: Item{}}
			put(m)
		}
		put, existing = func(v types.AttributeValue) { m.Value[s.name] = v }, m.Value[s.name]
	}
	put(v)
}
