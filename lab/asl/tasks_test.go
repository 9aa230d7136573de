package asl

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTaskToken(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","Arguments":{"t":"{% $states.context.Task.Token %}"},"HeartbeatSeconds":10,"TimeoutSeconds":100,"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{output: `{"MessageId":"m"}`}}})
	r.clock.Run(epoch.Add(8*time.Second), nil)
	tokens := r.Tokens()
	if len(tokens) != 1 || !strings.Contains(string(r.fake.started[0].Arguments), tokens[0]) {
		t.Fatalf("tokens %v, arguments %s", tokens, r.fake.started[0].Arguments)
	}
	if err := r.SendTaskHeartbeat(tokens[0]); err != nil {
		t.Fatal(err)
	}
	r.clock.Run(epoch.Add(15*time.Second), nil)
	if err := r.SendTaskSuccess(tokens[0], json.RawMessage(`{"approved":true}`)); err != nil {
		t.Fatal(err)
	}
	if err := r.SendTaskFailure(tokens[0], "Late", ""); err == nil {
		t.Error("a token was used twice")
	}
	r.finish()
	want := "ExecutionStarted<0 TaskStateEntered<0 TaskScheduled<2 TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5 TaskStateExited<6 ExecutionSucceeded<7"
	if got := r.types(); got != want || string(r.Output()) != `{"approved":true}` {
		t.Errorf("got %s %s", got, r.Output())
	}
}

func TestMissedHeartbeat(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","HeartbeatSeconds":10,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"H"}],"End":true},"H":{"Type":"Pass","Output":"late","End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{output: `{}`}}})
	r.finish()
	if string(r.Output()) != `"late"` || r.StoppedAt().Sub(epoch) != 10*time.Second {
		t.Errorf("%s %s after %s", r.Status(), r.Output(), r.StoppedAt().Sub(epoch))
	}
}

func TestJob(t *testing.T) {
	m := machine(t, "T", `"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Arguments":{"StateMachineArn":"a"},"End":true}`)
	r := begin(t, m, `{}`, map[string][]reply{"T": {{submitted: `{"ExecutionArn":"e"}`, output: `{"Status":"SUCCEEDED"}`, after: time.Second}}})
	r.finish()
	want := "ExecutionStarted<0 TaskStateEntered<0 TaskScheduled<2 TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5 TaskStateExited<6 ExecutionSucceeded<7"
	if r.types() != want {
		t.Errorf("got %s", r.types())
	}
}

func TestDistributedMap(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Label":"Check","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},"Arguments":{"Bucket":"b","Key":"k"}},
	"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"z":1}},"ToleratedFailurePercentage":40,
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.Items[0] = 3 %}","Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"E"},"P":{"Type":"Pass","End":true}}},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"b","Prefix":"p"}},"End":true}`)
	r := begin(t, m, `{}`, nil)
	for i := range 5 {
		r.fake.items = append(r.fake.items, json.RawMessage(fmt.Sprint(i+1)))
	}
	r.finish()
	if r.Status() != Succeeded || r.fake.sunk != 3 || len(r.Children()) != 3 {
		t.Fatalf("%s %s %s\n%s", r.Status(), r.Error(), r.Cause(), r.types())
	}
	if got := string(r.Children()[0].Input()); got != `{"BatchInput":{"z":1},"Items":[1,2]}` {
		t.Errorf("input of the first child: %s", got)
	}
	if r.Children()[1].Status() != Failed {
		t.Errorf("second child: %s", r.Children()[1].Status())
	}
}

func TestToleranceExceeded(t *testing.T) {
	m := machine(t, "D", `"D":{"Type":"Map","Items":[1,2],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}},"End":true}`)
	r := begin(t, m, `{}`, nil)
	r.finish()
	if r.Error() != "States.ExceedToleratedFailureThreshold" {
		t.Errorf("%s %s\n%s", r.Error(), r.Cause(), r.types())
	}
}
