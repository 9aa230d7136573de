package asl

import "encoding/json"

// Task is one attempt of a Task state, given to the integrations.
type Task struct {
	Resource        string          // as in the definition, such as arn:aws:states:::lambda:invoke
	Arguments       json.RawMessage // the evaluated Arguments; the state's input where there are none
	Region          string
	RoleARN         string
	ExecutionARN    string
	ExecutionName   string
	StateMachineARN string
	StateName       string
	Token           string          // for .waitForTaskToken: what SendTaskSuccess and its like must name
	Credentials     json.RawMessage // the evaluated Credentials, or nil

	// Submitted reports the answer of the request that began a .sync job, before done reports the job's
	// result. An error before it means that the request itself failed (TaskSubmitFailed).
	Submitted func(output json.RawMessage)
}

// TaskError is a failure with AWS's name for it. Cause may be empty.
type TaskError struct{ Error, Cause string }

// ItemSource is a Map's ItemReader with its arguments evaluated.
type ItemSource struct {
	Resource     string          // arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2
	ReaderConfig json.RawMessage // InputType, CSVHeaderLocation, CSVHeaders, CSVDelimiter, MaxItems, ...
	Arguments    json.RawMessage
	Region       string
	RoleARN      string
	ExecutionARN string
	StateName    string
}

// ResultSink is a Map's ResultWriter with its arguments evaluated and what is to be written.
type ResultSink struct {
	Resource     string
	WriterConfig json.RawMessage // Transformation, OutputType
	Arguments    json.RawMessage // Bucket, Prefix
	Region       string
	RoleARN      string
	ExecutionARN string
	MapRunARN    string
	StateName    string
	Children     []*Execution // the child executions in the order of their items
}

// Integrations carries out what leaves the state machine. No method may call its callback before it
// returned (use the clock's After with 0); a callback is called at most once. The returned cancel
// abandons the attempt: timeout, abort, or a sibling branch failed.
type Integrations interface {
	// Start carries out a task. For .waitForTaskToken, done reports the request that carries the token,
	// and the result comes with Execution.SendTaskSuccess or SendTaskFailure.
	Start(t Task, done func(output json.RawMessage, err *TaskError)) (cancel func())
	// ReadItems gives the items of a distributed Map, each a JSON value.
	ReadItems(s ItemSource, done func(items []json.RawMessage, err *TaskError)) (cancel func())
	// WriteResults stores the results of a distributed Map; its answer is the state's result.
	WriteResults(s ResultSink, done func(output json.RawMessage, err *TaskError)) (cancel func())
}
