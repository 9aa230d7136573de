package asl

import "testing"

// The chains are those that localstack recorded in us-east-1, and beside them those that the floci
// project read off there.
func TestChains(t *testing.T) {
	fail := `{"StartAt":"Boom","States":{"Boom":{"Type":"Fail","Error":"MyError","Cause":"my cause"}}}`
	for _, c := range []struct {
		name, startAt, states string
		answers               map[string][]reply
		want                  string
	}{
		{name: "parallel", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}],"Next":"After"},"After":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 PassStateEntered<3 PassStateExited<4 ParallelStateSucceeded<5 ParallelStateExited<5 PassStateEntered<7 PassStateExited<8 ExecutionSucceeded<9"},
		{name: "fail in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateFailed<4 ExecutionFailed<5"},
		{name: "retried parallel", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":0}],"End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateStarted<4 FailStateEntered<5 ParallelStateFailed<6 ExecutionFailed<7"},
		{name: "caught in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"U","States":{"U":{"Type":"Pass","Output":{"v":"{% $states.input.missing %}"},"End":true}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 PassStateEntered<3 EvaluationFailed<3 ParallelStateFailed<5 ParallelStateExited<6 PassStateEntered<7 PassStateExited<8 ExecutionSucceeded<9"},
		{name: "task fails in a branch", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[{"StartAt":"T","States":{"T":{` + task + `,"End":true}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],"End":true},"H":{"Type":"Pass","End":true}`,
			answers: map[string][]reply{"T": {{fault: &TaskError{"E", ""}}}},
			want:    "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 TaskStateEntered<3 TaskScheduled<4 TaskStarted<5 TaskFailed<6 TaskStateAborted<7 ParallelStateFailed<7 ParallelStateExited<9 PassStateEntered<10 PassStateExited<11 ExecutionSucceeded<12"},
		{name: "catch that fails", startAt: "P", states: `"P":{"Type":"Parallel","Branches":[` + fail + `],"Catch":[{"ErrorEquals":["States.ALL"],"Output":{"v":"{% $states.input.missing %}"},"Next":"D"}],"End":true},"D":{"Type":"Pass","End":true}`,
			want: "ExecutionStarted<0 ParallelStateEntered<0 ParallelStateStarted<2 FailStateEntered<3 ParallelStateFailed<4 EvaluationFailed<4 ParallelStateFailed<6 ExecutionFailed<7"},
		{name: "iteration fails", startAt: "M", states: `"M":{"Type":"Map","Items":[1,2],"MaxConcurrency":1,"ItemProcessor":{"StartAt":"U","States":{"U":{"Type":"Pass","Output":"{% $states.input.x %}","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapIterationStarted<3 PassStateEntered<4 EvaluationFailed<4 MapIterationFailed<6 MapStateFailed<6 ExecutionFailed<8"},
		{name: "iteration fails beside others", startAt: "M", states: `"M":{"Type":"Map","Items":["wait","fail","wait"],"ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input = 'fail' %}","Next":"F"}],"Default":"W"},"W":{"Type":"Wait","Seconds":9,"End":true},"F":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Fail"}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapIterationStarted<3 MapIterationStarted<3 MapIterationStarted<3 ChoiceStateEntered<4 ChoiceStateExited<7 ChoiceStateEntered<5 " +
				"ChoiceStateExited<9 ChoiceStateEntered<6 ChoiceStateExited<11 WaitStateEntered<8 WaitStateEntered<10 WaitStateEntered<12 WaitStateExited<14 FailStateEntered<16 " +
				"MapIterationAborted<17 WaitStateAborted<17 MapIterationFailed<17 MapIterationAborted<17 WaitStateAborted<17 MapStateFailed<17 ExecutionFailed<23"},
		{name: "tasks time out in iterations", startAt: "M", states: `"M":{"Type":"Map","Items":[1,2],"ItemProcessor":{"StartAt":"T","States":{"T":{` + task + `,"TimeoutSeconds":1,"End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapIterationStarted<3 MapIterationStarted<3 TaskStateEntered<4 TaskScheduled<6 TaskStarted<7 TaskStateEntered<5 TaskScheduled<9 TaskStarted<10 " +
				"TaskTimedOut<8 MapIterationFailed<12 TaskStateAborted<12 MapIterationAborted<12 TaskStateAborted<12 MapStateFailed<12 ExecutionFailed<17"},
		{name: "item selector fails", startAt: "M", states: `"M":{"Type":"Map","Items":[{"v":1},{}],"ItemSelector":{"v":"{% $states.context.Map.Item.Value.v %}"},"ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapIterationStarted<3 EvaluationFailed<3 MapIterationAborted<5 MapStateFailed<5 ExecutionFailed<7"},
		{name: "map over nothing", startAt: "M", states: `"M":{"Type":"Map","Items":[],"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapStateSucceeded<3 MapStateExited<3 ExecutionSucceeded<5"},
		{name: "distributed", startAt: "D", states: `"D":{"Type":"Map","Items":[1,2],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}`,
			want: "ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapRunStarted<3 MapRunSucceeded<4 MapStateSucceeded<5 MapStateExited<4 ExecutionSucceeded<7"},
		{name: "arguments fail twice", startAt: "T", states: `"T":{` + task + `,"Arguments":"{% $states.input.none %}","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":0}],"End":true}`,
			want: "ExecutionStarted<0 TaskStateEntered<0 EvaluationFailed<0 EvaluationFailed<3 ExecutionFailed<4"},
		{name: "choice", startAt: "C", states: `"C":{"Type":"Choice","Choices":[{"Condition":false,"Next":"D"}]},"D":{"Type":"Succeed"}`,
			want: "ExecutionStarted<0 ChoiceStateEntered<0 ExecutionFailed<2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := begin(t, machine(t, c.startAt, c.states), `{}`, c.answers)
			r.finish()
			if got := r.types(); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, r.Cause())
			}
		})
	}
}
