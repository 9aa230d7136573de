package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Models tells whether the lab models an operation.
func (c *Cloud) Models(operation string) bool { _, ok := c.operations[operation]; return ok }

// Operations are the names of all modelled operations, sorted.
func (c *Cloud) Operations() []string { return slices.Sorted(maps.Keys(c.operations)) }

// Find is the modelled operation that an AWS SDK integration of Step Functions names (rds, describeDBInstances), whose
// letter case follows the SDK for Java and not the one for Go.
func (c *Cloud) Find(service, action string) (string, bool) {
	want := strings.ToLower(service + "." + action)
	for name := range c.operations {
		if strings.ReplaceAll(strings.ToLower(name), " ", "") == want {
			return name, true
		}
	}
	return "", false
}

// Invoke makes one call whose input and output are JSON, as Step Functions' AWS SDK integrations do. It has to run in
// a process, since it takes the time of a call. The output's names are written as Step Functions writes them
// (DbInstances for DBInstances).
func (c *Cloud) Invoke(ctx context.Context, p Principal, region, operation string, arguments json.RawMessage) (json.RawMessage, error) {
	in := c.operations[operation].input()
	body, err := c.decodeInput(arguments, in)
	if err != nil {
		return nil, Error("ValidationException", "the arguments of %s do not fit: %s", operation, err)
	}
	request := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	if request, err = request.SetStream(bytes.NewReader(body)); err != nil {
		return nil, err
	}
	out, err := c.attempt(&Call{Context: ctx, Region: region, Caller: p, Operation: operation, request: request}, in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(plain(reflect.ValueOf(out)))
}

// decodeInput fills an SDK input from JSON; a Body, which JSON cannot carry into an io.Reader, becomes the payload.
func (c *Cloud) decodeInput(arguments json.RawMessage, in any) (body []byte, err error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(arguments, &fields); err != nil {
		return nil, err
	}
	if raw, ok := fields["Body"]; ok {
		delete(fields, "Body")
		var text string
		if json.Unmarshal(raw, &text) == nil {
			body = []byte(text)
		} else {
			body = raw
		}
	}
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return body, c.decode(rest, reflect.ValueOf(in).Elem())
}

// plain turns an SDK output into values that marshal under Step Functions' names, without what is not set.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if reader, ok := v.Interface().(io.Reader); ok {
			text, err := io.ReadAll(reader)
			if err != nil {
				return nil
			}
			return string(text)
		}
		if v.Kind() == reflect.Interface {
			if name, ok := memberName(v.Type(), v.Elem()); ok {
				return map[string]any{name: plain(v.Elem().Elem().FieldByName("Value"))}
			}
		}
		return plain(v.Elem())
	case reflect.Struct:
		if _, ok := v.Interface().(json.Marshaler); ok { // time.Time
			return v.Interface()
		}
		fields := map[string]any{}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Name == "ResultMetadata" || v.Field(i).IsZero() {
				continue
			}
			fields[integrationName(f.Name)] = plain(v.Field(i))
		}
		return fields
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Interface()
		}
		items := make([]any, v.Len())
		for i := range items {
			items[i] = plain(v.Index(i))
		}
		return items
	case reflect.Map:
		entries := map[string]any{}
		for _, key := range v.MapKeys() {
			entries[fmt.Sprint(key.Interface())] = plain(v.MapIndex(key))
		}
		return entries
	}
	return v.Interface()
}

// integrationName writes acronyms as Step Functions does: DBInstanceArn becomes DbInstanceArn.
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
func integrationName(name string) string {
	letters := []rune(name)
	for i := 1; i < len(letters); i++ {
		endOfRun := i+1 < len(letters) && unicode.IsLower(letters[i+1])
		if unicode.IsUpper(letters[i]) && unicode.IsUpper(rune(name[i-1])) && !endOfRun {
			letters[i] = unicode.ToLower(letters[i])
		}
	}
	return string(letters)
}

// IntegrationError is the error name under which Step Functions reports an SDK error: Rds.DbInstanceNotFoundException.
func IntegrationError(service string, err error) (name, cause string) {
	prefix := strings.ToUpper(service[:1]) + service[1:]
	if prefix == "Dynamodb" {
		prefix = "DynamoDb" // as the SDK for Java writes it
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return prefix + ".SdkClientException", err.Error()
	}
	code := strings.TrimSuffix(strings.TrimSuffix(api.ErrorCode(), "Exception"), "Fault")
	return prefix + "." + integrationName(code) + "Exception", fmt.Sprintf("%s (Service: %s, Status Code: 400)", api.ErrorMessage(), prefix)
}
