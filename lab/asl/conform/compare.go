package conform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

// compare lists the differences between recorded events and ours. Where the order is the same, events
// are paired one by one; otherwise each recorded event is paired with our next unpaired one of the same
// chain, which leaves the order between branches free and nothing else.
func compare(want, got []*jsonata.Object) []string {
	pairs, out := pair(want, got)
	partner := map[float64]float64{0: 0}
	for _, p := range pairs {
		if numbered(p.want) {
			partner[number(p.want, "id")] = number(p.got, "id")
		}
	}
	renumber := func(s string) string { return eventIDs.ReplaceAllString(s, "event id #") }
	for _, p := range pairs {
		if !numbered(p.want) {
			out = append(out, differences(kind(p.want), stripped(p.want), stripped(p.got), renumber)...)
			continue
		}
		where := fmt.Sprintf("event %s %s", jsonata.Encode(number(p.want, "id")), kind(p.want))
		previous := number(p.want, "previousEventId")
		if expected, known := partner[previous]; (known || !folded(want)) && expected != number(p.got, "previousEventId") {
			out = append(out, fmt.Sprintf("%s: previousEventId: recorded %s, ours corresponds to %s", where, jsonata.Encode(previous), reverse(partner, number(p.got, "previousEventId"))))
		}
		out = append(out, differences(where, stripped(p.want), stripped(p.got), renumber)...)
	}
	return out
}

var eventIDs = regexp.MustCompile(`event id #\d+`)

// numbered says that a recorded event kept its number. The recorder sorts the events between the start
// and the end of a Parallel state, puts [0] in the place of their numbers, and drops the
// ParallelStateSucceeded or ParallelStateFailed event behind them.
func numbered(e *jsonata.Object) bool { return number(e, "id") >= 0 }

func folded(events []*jsonata.Object) bool {
	for _, e := range events {
		if !numbered(e) {
			return true
		}
	}
	return false
}

func reverse(partner map[float64]float64, got float64) string {
	for want, g := range partner {
		if g == got {
			return jsonata.Encode(want)
		}
	}
	return "none (ours " + jsonata.Encode(got) + ")"
}

type match struct{ want, got *jsonata.Object }

// pair finds for every recorded event ours.
func pair(want, got []*jsonata.Object) (pairs []match, problems []string) {
	taken := make([]bool, len(got))
	partner := map[float64]float64{0: 0}
	same := len(want) == len(got)
	for i := range want {
		same = same && i < len(got) && label(want[i]) == label(got[i])
	}
	for i, w := range want {
		found := i
		if !same {
			found = search(w, got, taken, partner)
		}
		if found < 0 {
			problems = append(problems, fmt.Sprintf("event %s %s: missing", jsonata.Encode(number(w, "id")), label(w)))
			continue
		}
		taken[found] = true
		if numbered(w) {
			partner[number(w, "id")] = number(got[found], "id")
		}
		pairs = append(pairs, match{w, got[found]})
	}
	for i, g := range got {
		if !taken[i] && !(folded(want) && (kind(g) == "ParallelStateSucceeded" || kind(g) == "ParallelStateFailed")) {
			problems = append(problems, fmt.Sprintf("our event %s %s: not recorded %s", jsonata.Encode(number(g, "id")), label(g), jsonata.Encode(details0(g))))
		}
	}
	return pairs, problems
}

func details0(e *jsonata.Object) jsonata.Value {
	if d := details(e); d != nil {
		return d
	}
	return nil
}

// search looks for our event with the same label and, if possible, the same place in its chain and
// the same contents.
func search(w *jsonata.Object, got []*jsonata.Object, taken []bool, partner map[float64]float64) int {
	best, score := -1, -1
	for i, g := range got {
		if taken[i] || label(g) != label(w) {
			continue
		}
		s := 0
		if partner[number(w, "previousEventId")] == number(g, "previousEventId") {
			s += 2
		}
		if len(differences("", stripped(w), stripped(g), nil)) == 0 {
			s++
		}
		if s > score {
			best, score = i, s
		}
	}
	return best
}

// label is what has to agree for two events to be the same one.
func label(e *jsonata.Object) string {
	s := kind(e)
	d := details(e)
	if d == nil {
		return s
	}
	if name, ok := get(d, "name").(string); ok {
		s += " " + name
	}
	if index, ok := get(d, "index").(float64); ok {
		s += fmt.Sprintf("[%d]", int(index))
	}
	return s
}

// stripped is an event without its numbers, which are compared through the chain.
func stripped(e *jsonata.Object) *jsonata.Object {
	out := &jsonata.Object{}
	for i, k := range e.Keys {
		if k != "id" && k != "previousEventId" && k != "timestamp" {
			out.Set(k, e.Values[i])
		}
	}
	return out
}

// differences compares values in depth. Texts that hold JSON objects or arrays are compared as such,
// because recordings show them either way.
func differences(where string, want, got jsonata.Value, renumber func(string) string) []string {
	want, got = opened(want), opened(got)
	if wild(want) {
		return nil
	}
	switch w := want.(type) {
	case *jsonata.Object:
		g, ok := got.(*jsonata.Object)
		if !ok {
			break
		}
		var out []string
		for i, k := range w.Keys {
			v, ok := g.Get(k)
			if !ok {
				out = append(out, fmt.Sprintf("%s: %s: missing, recorded %s", where, k, jsonata.Encode(w.Values[i])))
				continue
			}
			out = append(out, differences(where+": "+k, w.Values[i], v, renumber)...)
		}
		for i, k := range g.Keys {
			if _, ok := w.Get(k); !ok {
				out = append(out, fmt.Sprintf("%s: %s: not recorded, ours %s", where, k, jsonata.Encode(g.Values[i])))
			}
		}
		return out
	case []jsonata.Value:
		g, ok := got.([]jsonata.Value)
		if !ok || len(g) != len(w) {
			break
		}
		var out []string
		for i := range w {
			out = append(out, differences(fmt.Sprintf("%s[%d]", where, i), w[i], g[i], renumber)...)
		}
		return out
	case string:
		g, ok := got.(string)
		if ok && renumber != nil {
			w, g = renumber(w), renumber(g)
		}
		if ok && pattern(w).MatchString(g) {
			return nil
		}
	}
	if jsonata.Equal(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: recorded %s, ours %s", where, jsonata.Encode(want), jsonata.Encode(got))}
}

func opened(v jsonata.Value) jsonata.Value {
	if s, ok := v.(string); ok && (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) {
		return decodeText(s)
	}
	return v
}

// words are what the recorder wrote instead of a changing value.
var words = map[string]bool{"timestamp": true, "date": true, "datetime": true, "snf_role_arn": true, "sfn_role_arn": true,
	"x-amzn-RequestId": true, "X-Amzn-Trace-Id": true, "RequestId": true, "entered_time": true, "start_time": true}

func wild(v jsonata.Value) bool {
	s, ok := v.(string)
	return ok && (words[s] || strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") && strings.Count(s, "<") == 1)
}

var brackets = regexp.MustCompile(`<[A-Za-z0-9_:\-\.]+>|1{12}`)

// pattern turns a recorded text into one where each name in angle brackets, and the account number
// that the recorder writes as ones, stands for anything.
func pattern(s string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?s)^")
	for {
		at := brackets.FindStringIndex(s)
		if at == nil {
			break
		}
		b.WriteString(regexp.QuoteMeta(s[:at[0]]))
		b.WriteString(".*")
		s = s[at[1]:]
	}
	b.WriteString(regexp.QuoteMeta(s) + "$")
	return regexp.MustCompile(b.String())
}
