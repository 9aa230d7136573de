package eventbridge

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Transform is an input transformer: values taken from the event by path, put into a template at <name>.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
type Transform struct {
	Paths    map[string]string // alarm: $.detail.alarmName
	Template string            // {"reason": "<alarm>", "event": <aws.events.event.json>}
}

func (t *Transform) apply(fields map[string]any, raw json.RawMessage) json.RawMessage {
	names := make([]string, 0, len(t.Paths))
	for name := range t.Paths {
		names = append(names, name)
	}
	sort.Strings(names)
	text := strings.ReplaceAll(t.Template, "<aws.events.event.json>", string(raw))
	for _, name := range names {
		value := lookup(fields, t.Paths[name])
		plain, isText := value.(string)
		encoded, err := json.Marshal(value)
		if err != nil {
			panic(fmt.Sprintf("lab: a value of an event does not marshal: %v", err))
		}
		inside := string(encoded) // a string inside of quotes brings none of its own
		if isText {
			inside = strings.Trim(string(encoded), `"`)
		} else if value == nil {
			inside = "" // a path that finds nothing gives an empty string inside of quotes
		}
		text = strings.ReplaceAll(text, `"<`+name+`>"`, "\x00"+name+"\x00")
		text = strings.ReplaceAll(text, "\x00"+name+"\x00", quoted(isText, plain, inside))
		text = strings.ReplaceAll(text, "<"+name+">", unquoted(text, name, string(encoded), inside))
	}
	return json.RawMessage(text)
}

func quoted(isText bool, plain, inside string) string {
	if isText {
		inside = plain
	}
	encoded, err := json.Marshal(inside)
	if err != nil {
		panic(fmt.Sprintf("lab: a string does not marshal: %v", err))
	}
	return string(encoded)
}

// unquoted decides whether the placeholder stands inside of a longer string or as a value by itself.
func unquoted(text, name, encoded, inside string) string {
	at := strings.Index(text, "<"+name+">")
	if at >= 0 && strings.Count(text[:at], `"`)%2 == 1 {
		return inside
	}
	return encoded
}

// lookup follows a path like $.detail.items[0].name; nil when there is nothing.
func lookup(value any, path string) any {
	for _, part := range strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."), ".") {
		name, rest, indexed := strings.Cut(part, "[")
		if name != "" {
			m, ok := value.(map[string]any)
			if !ok {
				return nil
			}
			value = m[name]
		}
		if !indexed {
			continue
		}
		i, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
		list, ok := value.([]any)
		if err != nil || !ok || i < 0 || i >= len(list) {
			return nil
		}
		value = list[i]
	}
	return value
}
