// Package proof compares what the stacks deploy with what the lab saw: permissions, both ways, and what the recovery path
// depends on. It is all tests, since nothing that runs may know both sides.
//
// It believes no comment and no document: only synthesised templates, state machine definitions, grants and recorded calls.
package proof
