package jsonata

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dop251/goja"
)

// Bindings are the variables an expression sees, without the dollar sign ("states" among them).
type Bindings interface {
	// Lookup returns the value of a variable; ok is false for one that was never assigned.
	Lookup(name string) (v Value, ok bool)
	// Names lists the variables that hide a built-in function of the same name.
	Hides(function string) bool
}

// Map is the plain form of Bindings.
type Map map[string]Value

// Lookup implements Bindings.
func (m Map) Lookup(name string) (Value, bool) { v, ok := m[name]; return v, ok }

// Hides implements Bindings.
func (m Map) Hides(function string) bool { _, ok := m[function]; return ok }

// ErrUndefined says that an expression gave no value, which JSON has no word for.
var ErrUndefined = errors.New("returned nothing (undefined)")

// ErrUnsupported says that an expression gave a function or a regular expression.
var ErrUnsupported = errors.New("returned an unsupported result type")

// Error is an error of the JSONata language or of one of its bounds. Code is empty for a bound.
type Error struct {
	Code     string // such as T2001
	Message  string
	Position int // characters from the start of the expression, for syntax errors
}

func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

// Bounds of one evaluation. AWS stops an expression on its time, its memory and its depth; the texts
// are AWS's (measured in us-east-1 by the floci project, August 2026).
const (
	maxEvaluation = 5 * time.Second // real time: a guard against endless loops, no part of a result
	maxCallStack  = 2400            // goja frames; the Go stack stays far below its own limit
	timeoutText   = "Expression evaluation timeout: Check for infinite loop"
	stackText     = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
	memoryText    = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
)

// An Evaluator holds one JavaScript machine and the expressions compiled in it. It serves any
// number of executions, one at a time: it is not safe for concurrent use.
type Evaluator struct {
	vm      *goja.Runtime
	compile goja.Callable
	run     goja.Callable
	cache   map[string]*Expression
	now     time.Time
	random  *rand.Rand
}

// New makes an Evaluator. Without a call of SetSources it stands at the Unix epoch with a fixed seed.
func New() (*Evaluator, error) {
	e := &Evaluator{
		vm: goja.New(), cache: map[string]*Expression{},
		now: time.Unix(0, 0).UTC(), random: rand.New(rand.NewPCG(0, 0)), // #nosec G404 -- a simulation
	}
	e.vm.SetMaxCallStackSize(maxCallStack)
	e.vm.SetTimeSource(func() time.Time { return e.now })
	e.vm.SetRandSource(func() float64 { return e.random.Float64() })
	if err := e.installTexts(); err != nil {
		return nil, err
	}
	for _, p := range programs() {
		if _, err := e.vm.RunProgram(p); err != nil {
			return nil, fmt.Errorf("load the JSONata library: %w", err)
		}
	}
	for name, f := range map[string]*goja.Callable{"__compile": &e.compile, "__run": &e.run} {
		var ok bool
		if *f, ok = goja.AssertFunction(e.vm.Get(name)); !ok {
			return nil, fmt.Errorf("load the JSONata library: %s is missing", name)
		}
	}
	return e, nil
}

// SetSources gives the instant that $now and $millis answer and the source of $random and $uuid.
func (e *Evaluator) SetSources(now time.Time, random *rand.Rand) {
	e.now = now.UTC()
	if random != nil {
		e.random = random
	}
}

// Compile parses an expression, once per evaluator.
func (e *Evaluator) Compile(text string) (*Expression, error) {
	if x, ok := e.cache[text]; ok {
		return x, nil
	}
	x := &Expression{text: text}
	if shared, ok := sharedPlans.Load(text); ok {
		x.plan = shared.(*plan)
	} else {
		ast, err := e.parse(x)
		if err != nil {
			return nil, err
		}
		x.plan = newPlan(ast)
		sharedPlans.Store(text, x.plan)
	}
	e.cache[text] = x
	return x, nil
}

// parse compiles the expression in the library and returns its syntax tree.
func (e *Evaluator) parse(x *Expression) (*node, error) {
	compiled, err := e.compile(goja.Undefined(), e.vm.ToValue(x.text))
	if err != nil {
		return nil, e.failure(err)
	}
	if err := e.extend(compiled); err != nil {
		return nil, e.failure(err)
	}
	x.compiled = compiled
	ast, ok := goja.AssertFunction(compiled.ToObject(e.vm).Get("ast"))
	if !ok {
		return nil, errors.New("the JSONata library gave no syntax tree")
	}
	tree, err := ast(compiled)
	if err != nil {
		return nil, e.failure(err)
	}
	return e.tree(tree, 0)
}

// Evaluate computes an expression.
func (e *Evaluator) Evaluate(text string, b Bindings) (Value, error) {
	x, err := e.Compile(text)
	if err != nil {
		return nil, err
	}
	if x.plan.fast != nil {
		if v, how := x.plan.fast.eval(b); how == defined {
			return v, nil
		} else if how == undefined {
			return nil, ErrUndefined
		}
	}
	return e.evaluateInLibrary(x, b)
}

func (e *Evaluator) evaluateInLibrary(x *Expression, b Bindings) (v Value, err error) {
	if x.compiled == nil { // the plan came from another evaluator
		if _, err := e.parse(x); err != nil {
			return nil, err
		}
	}
	guard := time.AfterFunc(maxEvaluation, func() { e.vm.Interrupt(timeoutText) }) //nolint:forbidigo // real time: see maxEvaluation
	defer func() {
		guard.Stop()
		e.vm.ClearInterrupt()
		if r := recover(); r != nil {
			v, err = nil, &Error{Message: fmt.Sprint(r)}
		}
	}()
	result, err := e.run(goja.Undefined(), x.compiled, x.plan.bind(e.vm, b))
	if err != nil {
		return nil, e.failure(err)
	}
	return fromLibrary(result, 0)
}

// failure turns what the library threw into an Error.
func (e *Evaluator) failure(err error) error {
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) {
		return &Error{Message: fmt.Sprint(interrupted.Value())}
	}
	var overflow *goja.StackOverflowError
	if errors.As(err, &overflow) {
		return &Error{Message: stackText}
	}
	var thrown *goja.Exception
	if !errors.As(err, &thrown) {
		return err
	}
	return e.thrown(thrown.Value())
}

// thrown reads the fields of an error object.
func (e *Evaluator) thrown(v goja.Value) error {
	o, ok := v.(*goja.Object)
	if !ok {
		return &Error{Message: v.String()}
	}
	text := func(key string) string {
		if v := o.Get(key); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
			return v.String()
		}
		return ""
	}
	out := &Error{Code: text("code"), Message: text("message")}
	if p := o.Get("position"); p != nil && !goja.IsUndefined(p) {
		out.Position = int(p.ToInteger())
	}
	if out.Code == "D2014" { // a sequence of over 1e6 is beyond AWS's memory limit already
		return &Error{Message: memoryText}
	}
	return out
}
