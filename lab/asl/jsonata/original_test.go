package jsonata

import (
	"testing"
	"time"

	"github.com/dop251/goja"
)

// originalLibrary evaluates against document with the embedded library as it was published, promises
// and all.
func originalLibrary(t *testing.T) func(string) string {
	t.Helper()
	e := evaluator(t)
	e.SetSources(time.Unix(0, 0), nil)
	if _, err := e.vm.RunString(source); err != nil {
		t.Fatal(err)
	}
	// the published file registers itself with window, which the prelude has defined by now
	if _, err := e.vm.RunString(`jsonata = window.jsonata || jsonata`); err != nil {
		t.Fatal(err)
	}
	b := bindings(t, document)
	return func(text string) string {
		x := &Expression{text: text}
		tree, err := e.parse(x)
		if err != nil {
			return show(nil, err)
		}
		result, err := e.run(goja.Undefined(), x.compiled, newPlan(tree).bind(e.vm, b))
		if err != nil {
			return show(nil, e.failure(err))
		}
		p, ok := result.Export().(*goja.Promise)
		if !ok {
			t.Fatalf("%s gave no promise", text)
		}
		if p.State() == goja.PromiseStateRejected {
			return show(nil, e.thrown(p.Result()))
		}
		return show(fromLibrary(p.Result(), 0))
	}
}
