package dynamodb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb/expression"
)

// maxItem is the largest item in bytes, names included.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxItem = 400 * 1024

// write is one conditional change of one item, whichever operation asked for it.
type write struct {
	table     *string
	key       Item // of the item; for a put, the item itself
	put       Item
	remove    bool
	update    *string
	condition *string
	names     map[string]string
	values    map[string]types.AttributeValue
	onFailure types.ReturnValuesOnConditionCheckFailure
}

// plan is a write that was checked against the item as it is, and not yet made.
type plan struct {
	table         *table
	id            string
	before, after Item
	touched       []string // top-level attributes of an update
	unmet         error    // the condition does not hold
}

func (s *Service) plan(call *cloud.Call, w write) (*plan, error) {
	t, err := s.find(call, w.table)
	if err != nil {
		return nil, err
	}
	p := &plan{table: t}
	if p.id, err = t.identity(w.key, w.put == nil); err != nil {
		return nil, err
	}
	p.before = t.current(p.id)
	w.values = expression.CopyItem(w.values)
	for _, v := range w.values {
		if err := valid(v); err != nil {
			return nil, err
		}
	}
	reader := expression.NewReader(w.names, w.values)
	holds := func(Item) bool { return true }
	if w.condition != nil {
		if holds, err = reader.Condition("ConditionExpression", *w.condition); err != nil {
			return nil, refused(err)
		}
	}
	var update *expression.Update
	if w.update != nil {
		if update, err = reader.Update(*w.update); err != nil {
			return nil, refused(err)
		}
	}
	if err := reader.Finish(); err != nil {
		return nil, refused(err)
	}
	if !holds(p.before) {
		p.unmet = unmet(w, p.before)
		return p, nil
	}
	p.after, err = s.result(t, w, p, update)
	return p, err
}

func unmet(w write, before Item) error {
	failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
	if w.onFailure == types.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = expression.CopyItem(before)
	}
	return failed
}

func (s *Service) result(t *table, w write, p *plan, update *expression.Update) (Item, error) {
	switch {
	case w.remove:
		return nil, nil
	case w.put != nil:
		after := expression.CopyItem(w.put)
		return after, fits(after)
	}
	base := p.before
	if base == nil {
		base = w.key // an update creates the item
	}
	if update == nil {
		return expression.CopyItem(base), nil
	}
	p.touched = update.Attributes()
	for _, name := range []string{t.partition, t.sort} {
		if name != "" && slices.Contains(p.touched, name) {
			return nil, invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", name)
		}
	}
	after, err := update.Apply(base)
	if err != nil {
		return nil, refused(err)
	}
	return after, fits(after)
}

func fits(item Item) error {
	for _, v := range item {
		if err := valid(v); err != nil {
			return err
		}
	}
	if bytesOf(item) > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// valid refuses what DynamoDB does not store, and writes numbers in its own form.
func valid(v types.AttributeValue) error {
	switch v := v.(type) {
	case nil:
		return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case *types.AttributeValueMemberN:
		n, err := expression.Number(v.Value)
		if err != nil {
			return refused(err)
		}
		if v.Value != n {
			v.Value = n
		}
	case *types.AttributeValueMemberSS:
		return set(len(v.Value))
	case *types.AttributeValueMemberNS:
		return set(len(v.Value))
	case *types.AttributeValueMemberBS:
		return set(len(v.Value))
	case *types.AttributeValueMemberM:
		for _, inner := range v.Value {
			if err := valid(inner); err != nil {
				return err
			}
		}
	case *types.AttributeValueMemberL:
		for _, inner := range v.Value {
			if err := valid(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func set(size int) error {
	if size == 0 {
		return invalid("One or more parameter values were invalid: An string set may not be empty")
	}
	return nil
}

// bytesOf is about the size that DynamoDB counts.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func bytesOf(item Item) int {
	size := 0
	for name, v := range item {
		size += len(name) + sizeOf(v)
	}
	return size
}

func sizeOf(v types.AttributeValue) int {
	size := 0
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		size = len(v.Value)
	case *types.AttributeValueMemberB:
		size = len(v.Value)
	case *types.AttributeValueMemberN:
		size = len(v.Value)/2 + 1
	case *types.AttributeValueMemberM:
		size = 3 + bytesOf(v.Value)
	case *types.AttributeValueMemberL:
		size = 3
		for _, inner := range v.Value {
			size += 1 + sizeOf(inner)
		}
	case *types.AttributeValueMemberSS:
		for _, text := range v.Value {
			size += len(text)
		}
	case *types.AttributeValueMemberNS:
		for _, text := range v.Value {
			size += len(text)/2 + 1
		}
	case *types.AttributeValueMemberBS:
		for _, raw := range v.Value {
			size += len(raw)
		}
	default:
		size = 1
	}
	return size
}

// apply makes one write.
func (s *Service) apply(call *cloud.Call, w write) (*plan, error) {
	p, err := s.plan(call, w)
	if err != nil {
		return nil, err
	}
	if p.unmet != nil {
		return nil, p.unmet
	}
	s.store(p.table, p.id, p.after)
	return p, nil
}

// returned picks what ReturnValues asks for.
func (p *plan) returned(want types.ReturnValue) Item {
	switch want {
	case types.ReturnValueAllOld:
		return expression.CopyItem(p.before)
	case types.ReturnValueAllNew:
		return expression.CopyItem(p.after)
	case types.ReturnValueUpdatedOld:
		return p.only(p.before)
	case types.ReturnValueUpdatedNew:
		return p.only(p.after)
	}
	return nil
}

func (p *plan) only(item Item) Item {
	out := Item{}
	for _, name := range p.touched {
		if v, ok := item[name]; ok {
			out[name] = expression.Copy(v)
		}
	}
	return out
}
