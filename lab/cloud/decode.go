package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Union tells the lab which types stand for the members of an SDK union, such as DynamoDB's AttributeValue: JSON names
// the member ({"S": "text"}), and Go has a type for each. The SDK calls them by the union, Member and the name.
func (c *Cloud) Union(members ...any) {
	for _, member := range members {
		t := reflect.TypeOf(member).Elem()
		union, name, ok := strings.Cut(t.Name(), "Member")
		if !ok {
			panic(fmt.Sprintf("lab: %s is no member of a union", t.Name()))
		}
		if c.unions == nil {
			c.unions = map[string]map[string]reflect.Type{}
		}
		if c.unions[union] == nil {
			c.unions[union] = map[string]reflect.Type{}
		}
		c.unions[union][strings.ToLower(name)] = t
	}
}

// null is what the SDK for Java, and so Step Functions, calls the member NULL: null is a word of that language.
const null = "Nul"

// memberName is the name of the union member that v points to, as Step Functions writes it; false when it is none.
func memberName(union reflect.Type, v reflect.Value) (string, bool) {
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return "", false
	}
	name, ok := strings.CutPrefix(v.Elem().Type().Name(), union.Name()+"Member")
	if name == "NULL" {
		return null, ok
	}
	return integrationName(name), ok
}

// decode fills an SDK value from JSON. Names are compared without their case, as in encoding/json, since Step Functions
// follows the SDK for Java; an unknown one is refused.
func (c *Cloud) decode(raw json.RawMessage, v reflect.Value) error {
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	if v.CanAddr() {
		if _, itself := v.Addr().Interface().(json.Unmarshaler); itself { // time.Time
			return json.Unmarshal(raw, v.Addr().Interface())
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return c.decode(raw, v.Elem())
	case reflect.Struct:
		return c.decodeStruct(raw, v)
	case reflect.Interface:
		return c.decodeUnion(raw, v)
	case reflect.Slice:
		return c.decodeSlice(raw, v)
	case reflect.Map:
		var entries map[string]json.RawMessage
		if err := json.Unmarshal(raw, &entries); err != nil {
			return err
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
		for name, entry := range entries {
			value := reflect.New(v.Type().Elem()).Elem()
			if err := c.decode(entry, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
		}
		return nil
	}
	return json.Unmarshal(raw, v.Addr().Interface())
}

func (c *Cloud) decodeStruct(raw json.RawMessage, v reflect.Value) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	for name, field := range fields {
		target := v.FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
		if !target.IsValid() || !target.CanSet() {
			return fmt.Errorf("unknown field %q", name)
		}
		if err := c.decode(field, target); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c *Cloud) decodeSlice(raw json.RawMessage, v reflect.Value) error {
	if v.Type().Elem().Kind() == reflect.Uint8 { // base64
		return json.Unmarshal(raw, v.Addr().Interface())
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := c.decode(item, v.Index(i)); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *Cloud) decodeUnion(raw json.RawMessage, v reflect.Value) error {
	members := c.unions[v.Type().Name()]
	var named map[string]json.RawMessage
	if err := json.Unmarshal(raw, &named); err != nil || len(named) != 1 || members == nil {
		return errors.Join(err, fmt.Errorf("a %s is an object with exactly one member", v.Type().Name()))
	}
	for name, value := range named {
		if strings.EqualFold(name, null) {
			name = "NULL"
		}
		t, ok := members[strings.ToLower(name)]
		if !ok {
			return fmt.Errorf("a %s has no member %q", v.Type().Name(), name)
		}
		member := reflect.New(t)
		if err := c.decode(value, member.Elem().FieldByName("Value")); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.Set(member)
	}
	return nil
}
