package asl

import (
	"testing"
)

// Mixed machines hand data between JSONPath and JSONata states. The first two rows are localstack's
// jsonpath_to_jsonata_dataflow and task_catch_error_variable_sampling_to_jsonpath (November 2024), cut down.
func TestPathStates(t *testing.T) {
	for _, c := range []struct{ name, states, input, want string }{
		{"result, result path and assign", `"A":{"Type":"Pass","Result":{"q":1},"Assign":{"seen.$":"$"},"ResultPath":"$.x.y","Next":"B"},
			"B":{"QueryLanguage":"JSONata","Type":"Pass","Output":{"in":"{% $states.input %}","seen":"{% $seen %}"},"End":true}`, `{"k":1}`, `SUCCEEDED {"in":{"k":1,"x":{"y":{"q":1}}},"seen":{"q":1}}`},
		{"variable as output", `"A":{"Type":"Pass","Assign":{"v":{"a":[5,6]}},"Next":"B"},"B":{"Type":"Pass","OutputPath":"$v.a[1]","End":true}`, `{}`, `SUCCEEDED 6`},
		{"input path and parameters", `"A":{"Type":"Pass","InputPath":"$.in['the key']","Parameters":{"n.$":"$.n","all.$":"$","who.$":"$$.State.Name","c":[1]},"End":true}`, `{"in":{"the key":{"n":3}}}`, `SUCCEEDED {"n":3,"all":{"n":3},"who":"A","c":[1]}`},
		{"null paths", `"A":{"Type":"Pass","InputPath":null,"ResultPath":null,"Result":1,"Next":"B"},"B":{"Type":"Pass","InputPath":null,"End":true}`, `{"k":1}`, `SUCCEEDED {}`},
		{"replaced inside an array", `"A":{"Type":"Pass","Result":9,"ResultPath":"$.l[1]","End":true}`, `{"l":[1,2]}`, `SUCCEEDED {"l":[1,9]}`},
		{"a path that leads nowhere", `"A":{"Type":"Pass","Parameters":{"m.$":"$.nope"},"End":true}`, `{"x":"a"}`,
			`FAILED States.Runtime: An error occurred while executing the state 'A' (entered at the event id #2). The JSONPath '$.nope' specified for the field 'm.$' could not be found in the input '{"x":"a"}'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("mixed", []byte(`{"StartAt":"A","States":{`+c.states+`}}`))
			if err != nil {
				t.Fatal(err)
			}
			r := begin(t, m, c.input, nil)
			r.finish()
			got := string(r.Status()) + " " + string(r.Output())
			if r.Status() != Succeeded {
				got += r.Error() + ": " + r.Cause()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A Task in JSONPath sees its parameters, and its result through ResultSelector.
func TestPathTask(t *testing.T) {
	m, err := Parse("mixed", []byte(`{"StartAt":"T","States":{"T":{`+task+`,"InputPath":"$.in","Parameters":{"FunctionName":"f","Payload.$":"$.n"},
		"ResultSelector":{"p.$":"$.Payload"},"Assign":{"v.$":"$.p"},"ResultPath":"$.r","OutputPath":"$","Next":"E"},"E":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% [$states.input, $v] %}","End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, m, `{"in":{"n":4}}`, map[string][]reply{"T": {{output: `{"Payload":7,"StatusCode":200}`}}})
	r.finish()
	if got := string(r.fake.started[0].Arguments); got != `{"FunctionName":"f","Payload":4}` {
		t.Errorf("arguments %s", got)
	}
	if got := string(r.Output()); got != `[{"in":{"n":4},"r":{"p":7}},7]` {
		t.Errorf("%s %s", got, r.Cause())
	}
}
