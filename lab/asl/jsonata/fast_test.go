package jsonata

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// genValue draws a small document with every kind of value. No key is a whole number: JavaScript
// moves those to the front, the fast path keeps them in place as AWS does.
func genValue(t *rapid.T, depth int) Value {
	kinds := 6
	if depth > 0 {
		kinds = 9
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return float64(rapid.IntRange(-3, 3).Draw(t, "int"))
	case 3:
		return rapid.SampledFrom([]float64{0.5, 1e15, 1e16, -2.25, 1e21}).Draw(t, "float")
	case 4, 5, 6:
		return rapid.SampledFrom([]string{"", "a", "b", "é", "1", "true"}).Draw(t, "text")
	case 7:
		a := []Value{}
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			a = append(a, genValue(t, depth-1))
		}
		return a
	default:
		o := &Object{}
		for _, k := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, "has") {
				o.Set(k, genValue(t, depth-1))
			}
		}
		return o
	}
}

// genExpression draws an expression of the kinds the fast path knows, and some beside them.
func genExpression(t *rapid.T, depth int) string {
	kinds := 4
	if depth > 0 {
		kinds = 12
	}
	sub := func() string { return genExpression(t, depth-1) }
	switch rapid.IntRange(0, kinds).Draw(t, "expression") {
	case 0:
		return rapid.SampledFrom([]string{`1`, `0`, `2.5`, `"a"`, `"é"`, `""`, `true`, `false`, `null`}).Draw(t, "literal")
	case 1:
		return "$" + rapid.SampledFrom([]string{"x", "y", "count", "none"}).Draw(t, "variable")
	case 2, 3, 4:
		s := "$" + rapid.SampledFrom([]string{"x", "y"}).Draw(t, "head")
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			s += rapid.SampledFrom([]string{"", "", "", "[0]", "[1]", "[-1]", "[0.5]"}).Draw(t, "index")
			s += "." + rapid.SampledFrom([]string{"a", "b", "c", "constructor"}).Draw(t, "step")
		}
		return s + rapid.SampledFrom([]string{"", "", "[0]", "[1]"}).Draw(t, "last index")
	case 5, 6, 7:
		op := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "and", "or", "&"}).Draw(t, "op")
		return "(" + sub() + " " + op + " " + sub() + ")"
	case 8:
		return "[" + sub() + ", " + sub() + "]"
	case 9:
		return fmt.Sprintf(`{"p": %s, "%s": %s}`, sub(), rapid.SampledFrom([]string{"q", "7", "p"}).Draw(t, "key"), sub())
	case 10:
		return "$" + rapid.SampledFrom([]string{"not", "exists", "boolean", "string", "count", "type", "floor"}).Draw(t, "function") + "(" + sub() + ")"
	case 11:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	default:
		return "-" + sub()
	}
}

// The fast path and the pruned bindings give what the library gives with everything bound.
func TestFastPathEqualsLibrary(t *testing.T) {
	e := evaluator(t)
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		b := Map{"x": genValue(t, 3), "y": genValue(t, 2)}
		if rapid.IntRange(0, 9).Draw(t, "hide") == 0 {
			b["count"] = 1.0
		}
		text := genExpression(t, 3)
		got := show(e.Evaluate(text, b))
		x, err := e.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if x.plan.fast != nil {
			fast++
		}
		whole := &Expression{text: text, compiled: x.compiled, plan: &plan{}}
		for name := range b {
			whole.plan.variables = append(whole.plan.variables, access{name: name})
		}
		want := show(e.evaluateInLibrary(whole, b))
		if got != want {
			t.Fatalf("%s with %s\nfast    %s\nlibrary %s", text, Encode([]Value{b["x"], b["y"]}), got, want)
		}
	})
	if fast == 0 {
		t.Fatal("no expression took the fast path")
	}
}

// The synchronous library answers what the library with promises answers.
func TestSynchronousVariantAgrees(t *testing.T) {
	e := evaluator(t)
	original := originalLibrary(t)
	for _, c := range table {
		if c.want == "!"+stackText { // promises turn the recursion into a loop without end
			continue
		}
		e.SetSources(time.Unix(0, 0), nil)
		got := show(e.Evaluate(c.expression, bindings(t, document)))
		want := original(c.expression)
		if got != want && c.expression != `$length($uuid())` && c.expression != `$s.big` && c.expression != `$s.o` {
			t.Errorf("%s\nsynchronous %s\n   original %s", c.expression, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	e := evaluator(t)
	for _, c := range []struct {
		expression string
		mistakes   int
	}{
		{`$states.input.a`, 0}, {`$`, 1}, {`$$.a`, 1}, {`a.b`, 1}, {`a + b`, 2}, {`$eval("1")`, 1},
		{`$states.input[a = 1].b`, 0}, {`$states.input.{"k": a}`, 0}, {`$states.input{a: b}`, 0},
		{`$map($states.input, function($v){ $v.a })`, 0}, {`$x.a.$`, 0}, {`$states.input^(a)`, 0},
		{`*`, 1}, {`{"a": b}`, 1}, {`$f.`, 1}, {`"unclosed`, 1}, {`$states.input[]`, 0}, {`$states.input ~> |a|{"b": c}|`, 0},
	} {
		if got := e.Check(c.expression); len(got) != c.mistakes {
			t.Errorf("%s: %v", c.expression, got)
		}
	}
}

func TestInputsAreNotChanged(t *testing.T) {
	e := evaluator(t)
	b := bindings(t, document)
	for _, x := range []string{`$s.empty{"k":1}`, `$s.one[]`, `$append($s.one, 2)`, `$s ~> |deep|{"x": 1}|`, `$sort($s.deep.x.y)`} {
		_, _ = e.Evaluate(x, b)
	}
	if got, want := Encode(b["s"]), Encode(bindings(t, document)["s"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEndlessLoopIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the five seconds of the bound")
	}
	e := evaluator(t)
	if got := show(e.Evaluate(`($f := function($x){ $f($x+1) }; $f(1))`, Map{})); got != "!"+timeoutText {
		t.Errorf("got %s", got)
	}
	if got := show(e.Evaluate(`$sum([1, 2])`, Map{})); got != "3" {
		t.Errorf("the evaluator is not usable afterwards: %s", got)
	}
}

func BenchmarkFast(b *testing.B) {
	benchmark(b, `{"a": $s.i, "b": $s.i > 2 and $s.f < 10, "c": "x-" & $t}`)
}
func BenchmarkLibrary(b *testing.B) {
	benchmark(b, `{"a": $s.objs[n="a"].n, "c": $count($s.objs), "d": $join(["a", $t], "-")}`)
}

func benchmark(b *testing.B, text string) {
	e, in := evaluator(b), bindings(b, document)
	for b.Loop() {
		if _, err := e.Evaluate(text, in); err != nil {
			b.Fatal(err)
		}
	}
}
