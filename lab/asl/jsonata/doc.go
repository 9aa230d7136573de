// Package jsonata evaluates JSONata 2.0.6 expressions as AWS Step Functions evaluates them.
//
// The reference library (npm jsonata 2.0.6, embedded unmodified) runs in goja; a fast path in Go
// answers the plain expressions that make up most of a state machine and hands everything else to
// the library. A property test holds the two equal.
//
// The package refuses what AWS refuses: expressions that use $, $$ or a bare field name where no
// context exists, $eval, results that JSON has no word for (nothing at all, functions, regular
// expressions), and expressions that never end. It never reads the host's clock, random source or
// time zone: an [Evaluator] is given them.
package jsonata
