// Package asl interprets Amazon States Language in JSONata mode as Standard workflows run it: states,
// retries, catches, variables, timeouts, task tokens, inline and distributed maps, redrive, and a
// history with the events, fields and order that AWS writes.
//
// It runs on a virtual clock with one thread: no goroutine, no host clock, no host random source.
// The same definition, input, seed and integrations give the same history byte for byte.
//
// It refuses to guess. A definition that uses a field, a state type, a query language or a
// feature that is not implemented is refused by [Parse], with every mistake and its path; nothing
// is ignored. JSONPath is refused but for states in which it means the same as JSONata or uses
// plain reference paths (mixed machines have such), and so are Activities and Express workflows.
package asl
