package jsonata

import (
	"crypto/md5"  // #nosec G501 -- $hash offers it
	"crypto/sha1" // #nosec G505 -- $hash offers it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/dop251/goja"
)

// functions are the six that AWS adds. Their behaviour at the edges (rounding towards zero, what is
// nothing and what an error, the texts) was measured in us-east-1 by the floci project (August 2026)
// and in ap-northeast-1 by iwamot/sfnx (docs/design.md there, September 2026);
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html names them.
func (e *Evaluator) functions() map[string]func(goja.FunctionCall) goja.Value {
	return map[string]func(goja.FunctionCall) goja.Value{
		"partition": e.partition, "range": e.rangeOf, "hash": e.hash,
		"random": e.randomOf, "uuid": e.uuid, "parse": e.parseJSON,
	}
}

// signatures let a function stand where a function is a value ($map(x, $parse)). The extra optional
// argument lets a surplus one arrive here to be refused with AWS's text.
var signatures = []struct{ name, signature string }{
	{"partition", "<x?x?x?:x>"}, {"range", "<x?x?x?x?:x>"}, {"hash", "<x?x?x?:x>"},
	{"random", "<x?x?:x>"}, {"uuid", "<x?x?:x>"}, {"parse", "<x?x?:x>"},
}

// extend gives a compiled expression the six functions and takes $eval away.
func (e *Evaluator) extend(compiled goja.Value) error {
	o := compiled.ToObject(e.vm)
	register, ok := goja.AssertFunction(o.Get("registerFunction"))
	if !ok {
		return fmt.Errorf("the JSONata library has no registerFunction")
	}
	fs := e.functions()
	for _, s := range signatures {
		if _, err := register(o, e.vm.ToValue(s.name), e.vm.ToValue(fs[s.name]), e.vm.ToValue(s.signature)); err != nil {
			return err
		}
	}
	assign, ok := goja.AssertFunction(o.Get("assign"))
	if !ok {
		return fmt.Errorf("the JSONata library has no assign")
	}
	_, err := assign(o, e.vm.ToValue("eval"), e.vm.NewObject())
	return err
}

// throw raises a JSONata error from inside a function.
func (e *Evaluator) throw(code, message string) {
	o := e.vm.NewObject()
	_ = o.Set("code", code)
	_ = o.Set("message", message)
	panic(e.vm.ToValue(o))
}

func (e *Evaluator) badArgument(function string, index int) { e.throwAt("T0410", function, index) }

// throwAt raises an error about an argument, whose message the library writes.
func (e *Evaluator) throwAt(code, function string, index int) {
	o := e.vm.NewObject()
	_ = o.Set("code", code)
	_ = o.Set("index", index)
	_ = o.Set("token", function)
	panic(e.vm.ToValue(o))
}

func missing(v goja.Value) bool { return v == nil || goja.IsUndefined(v) }

func (e *Evaluator) noMore(c goja.FunctionCall, function string, most int) {
	if len(c.Arguments) > most && !missing(c.Argument(most)) {
		e.badArgument(function, most+1)
	}
}

// whole rounds a numeric argument towards zero.
func (e *Evaluator) whole(c goja.FunctionCall, function string, index int) float64 {
	v := c.Argument(index)
	switch v.Export().(type) {
	case int64, float64:
		return math.Trunc(v.ToFloat())
	}
	e.badArgument(function, index+1)
	return 0
}

func (e *Evaluator) text(c goja.FunctionCall, function string, index int) string {
	s, ok := c.Argument(index).Export().(string)
	if !ok {
		e.badArgument(function, index+1)
	}
	return s
}

func (e *Evaluator) partition(c goja.FunctionCall) goja.Value {
	e.noMore(c, "partition", 2)
	if missing(c.Argument(0)) {
		return goja.Undefined()
	}
	array, ok := c.Argument(0).(*goja.Object)
	if !ok || array.ClassName() != "Array" {
		e.throwAt("T0412", "partition", 1) // "… must be an array of undefined", on AWS as here
	}
	n := int(array.Get("length").ToInteger())
	if missing(c.Argument(1)) { // everything in one, even nothing: [[]] (measured by iwamot/sfnx)
		return e.vm.NewArray(array)
	}
	size := e.whole(c, "partition", 1)
	if size < 0 {
		e.throw("D3137", "Second argument must be zero or greater")
	}
	chunk := int(math.Min(size, float64(n)))
	if n == 0 || chunk == 0 {
		return goja.Undefined()
	}
	var chunks []any
	for from := 0; from < n; from += chunk {
		var part []any
		for i := from; i < min(n, from+chunk); i++ {
			part = append(part, array.Get(fmt.Sprint(i)))
		}
		chunks = append(chunks, e.vm.NewArray(part...))
	}
	return e.vm.NewArray(chunks...)
}

// maxRange is the number of elements up to which AWS answers (measured, see above).
const maxRange = 360145

func (e *Evaluator) rangeOf(c goja.FunctionCall) goja.Value {
	e.noMore(c, "range", 3)
	var bounds [3]float64
	nothing := false
	for i := range bounds { // what is there has to be a number; without all three there is nothing
		if missing(c.Argument(i)) {
			nothing = true
			continue
		}
		bounds[i] = e.whole(c, "range", i)
	}
	if nothing {
		return goja.Undefined()
	}
	from, to, step := bounds[0], bounds[1], bounds[2]
	if step == 0 || (step > 0 && from > to) || (step < 0 && from < to) {
		return goja.Undefined()
	}
	n := math.Floor((to-from)/step) + 1
	if n > maxRange {
		e.throw("", memoryText)
	}
	if n == 1 { // a sequence of one is its only member: $range(1, 9, 9) gave 1 (localstack, November 2024)
		return e.vm.ToValue(from)
	}
	items := make([]any, int(n))
	for i := range items {
		items[i] = from + float64(i)*step
	}
	return e.vm.NewArray(items...)
}

func (e *Evaluator) hash(c goja.FunctionCall) goja.Value {
	e.noMore(c, "hash", 2)
	switch {
	case missing(c.Argument(0)) && missing(c.Argument(1)): // the library does not tell $hash() from $hash($nothing)
		e.badArgument("hash", 1)
	case missing(c.Argument(0)) || missing(c.Argument(1)):
		return goja.Undefined()
	}
	s := e.text(c, "hash", 0)
	algorithm := e.text(c, "hash", 1)
	var sum []byte
	switch algorithm {
	case "MD5":
		h := md5.Sum([]byte(s)) // #nosec G401 -- asked for by name
		sum = h[:]
	case "SHA-1":
		h := sha1.Sum([]byte(s)) // #nosec G401 -- asked for by name
		sum = h[:]
	case "SHA-256":
		h := sha256.Sum256([]byte(s))
		sum = h[:]
	case "SHA-384":
		h := sha512.Sum384([]byte(s))
		sum = h[:]
	case "SHA-512":
		h := sha512.Sum512([]byte(s))
		sum = h[:]
	default:
		e.throw("D3137", "Hash algorithm '"+algorithm+"' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5")
	}
	return e.vm.ToValue(hex.EncodeToString(sum))
}

// randomOf draws from the evaluator's source; with a seed it draws what java.util.Random draws
// first, as AWS does: $random(42) is 0.7275636800328681 there.
func (e *Evaluator) randomOf(c goja.FunctionCall) goja.Value {
	e.noMore(c, "random", 1)
	if missing(c.Argument(0)) {
		return e.vm.ToValue(e.random.Float64())
	}
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	seed := (uint64(int64(e.whole(c, "random", 0))) ^ multiplier) & mask // #nosec G115 -- as Java scrambles it
	next := func(bits uint) uint64 {
		seed = (seed*multiplier + 0xB) & mask
		return seed >> (48 - bits)
	}
	high := next(26)
	return e.vm.ToValue(float64(high<<27+next(27)) / (1 << 53))
}

func (e *Evaluator) uuid(c goja.FunctionCall) goja.Value {
	e.noMore(c, "uuid", 0)
	a, b := e.random.Uint64(), e.random.Uint64()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	return e.vm.ToValue(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1)))
}

func (e *Evaluator) parseJSON(c goja.FunctionCall) goja.Value {
	e.noMore(c, "parse", 1)
	if missing(c.Argument(0)) {
		return goja.Undefined()
	}
	v, err := DecodeStrict([]byte(doubleQuoted(e.text(c, "parse", 0))))
	if err != nil {
		e.throw("D3137", "Invalid JSON")
	}
	return toLibrary(e.vm, v, nil)
}
