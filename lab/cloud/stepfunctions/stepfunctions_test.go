package stepfunctions_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/sim"
)

const region = "us-west-2"

type world struct {
	*cloud.Cloud
	states  *stepfunctions.Service
	topics  *sns.Service
	buckets *s3.Service
	tables  *dynamodb.Service
}

// newWorld has one function, echo, that answers with its input or fails with the kind that its input names.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Cloud: cloud.New(sim.New(1), "111122223333", region)}
	functions := lambda.New(w.Cloud)
	functions.Deploy(region, lambda.Function{Name: "echo", Timeout: time.Minute, New: func() platform.Handler {
		return platform.Entry(func(_ context.Context, in map[string]any) (map[string]any, error) {
			if kind, ok := in["fail"].(string); ok {
				return nil, failure.New(failure.Kind(kind), "echo", "as told")
			}
			return in, nil
		})
	}})
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	w.states = stepfunctions.New(w.Cloud, functions, evaluator)
	w.topics = sns.New(w.Cloud)
	w.buckets = s3.New(w.Cloud, kms.New(w.Cloud))
	w.tables = dynamodb.New(w.Cloud)
	return w
}

func (w *world) deploy(t *testing.T, name, states string) {
	t.Helper()
	m, err := asl.Parse(name, []byte(`{"QueryLanguage":"JSONata","StartAt":"First","States":`+states+`}`))
	if err != nil {
		t.Fatal(err)
	}
	w.states.Deploy(region, stepfunctions.Machine{Name: name, Definition: m})
}

func (w *world) run(t *testing.T, name, input string) *stepfunctions.Execution {
	t.Helper()
	x, err := w.states.Start(region, name, "", json.RawMessage(input))
	if err != nil {
		t.Fatal(err)
	}
	w.Sim.Run(w.Sim.Now().Add(24*time.Hour), func() bool { return x.Status() != asl.Running })
	return x
}

const invoke = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"echo","Payload":"{% $states.input %}"}`

func TestAFunctionsAnswerComesWrappedAndItsFailureByName(t *testing.T) {
	w := newWorld(t)
	w.deploy(t, "call", `{"First":{`+invoke+`,"Output":"{% $states.result %}","End":true,
		"Catch":[{"ErrorEquals":["KeyMissing"],"Output":"caught","Next":"Last"}]},"Last":{"Type":"Succeed"}}`)
	if x := w.run(t, "call", `{"a":1}`); string(x.Output()) != `{"ExecutedVersion":"$LATEST","Payload":{"a":1},"StatusCode":200}` {
		t.Errorf("%s: %s", x.Status(), x.Output())
	}
	if x := w.run(t, "call", `{"fail":"KeyMissing"}`); string(x.Output()) != `"caught"` {
		t.Errorf("%s: %s %s", x.Status(), x.Output(), x.Cause())
	}
	if x := w.run(t, "call", `{"fail":"Denied"}`); x.Status() != asl.Failed || x.Error() != "Denied" || !strings.Contains(x.Cause(), `"errorMessage":"echo: as told"`) {
		t.Errorf("%s %s: %s", x.Status(), x.Error(), x.Cause())
	}
}

func TestANestedExecutionIsWaitedForAndItsFailureFailsTheTask(t *testing.T) {
	w := newWorld(t)
	w.deploy(t, "inner", `{"First":{"Type":"Wait","Seconds":60,"Next":"Then"},"Then":{`+invoke+`,"Output":"{% $states.result.Payload %}","End":true}}`)
	w.deploy(t, "outer", `{"First":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
		"Arguments":{"StateMachineArn":"`+w.states.ARN(region, "inner")+`","Input":"{% $states.input %}"},"Output":"{% $states.result.Output.a %}","End":true}}`)
	began := w.Sim.Now()
	if x := w.run(t, "outer", `{"a":"deep"}`); string(x.Output()) != `"deep"` || w.Sim.Now().Sub(began) < time.Minute {
		t.Errorf("%s: %s %s after %v", x.Status(), x.Output(), x.Cause(), w.Sim.Now().Sub(began))
	}
	if x := w.run(t, "outer", `{"fail":"Denied"}`); x.Error() != "States.TaskFailed" || !strings.Contains(x.Cause(), `"Error":"Denied"`) {
		t.Errorf("%s %s: %s", x.Status(), x.Error(), x.Cause())
	}
}

func TestATaskTokenIsAnsweredThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	w.deploy(t, "ask", `{"First":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":600,
		"Arguments":{"FunctionName":"echo","Payload":{"token":"{% $states.context.Task.Token %}"}},"End":true}}`)
	client := sfn.NewFromConfig(w.Config(cloud.Principal{Name: "operator", Region: region, Unlimited: true}))
	w.states.OnToken(func(_ *stepfunctions.Execution, token string) {
		w.Sim.After(time.Minute, func() {
			w.Sim.Go(context.Background(), func(ctx context.Context) {
				if _, err := client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String("forged"), Output: aws.String("{}")}); failure.Code(err) != "InvalidToken" {
					t.Errorf("a forged token gives %v", err)
				}
				if _, err := client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token), Output: aws.String(`{"approved":true}`)}); err != nil {
					t.Error(err)
				}
			}, func(bool) {})
		})
	})
	if x := w.run(t, "ask", `{}`); string(x.Output()) != `{"approved":true}` {
		t.Errorf("%s: %s %s", x.Status(), x.Output(), x.Cause())
	}
}

func TestServicesAreCalledDirectly(t *testing.T) {
	w := newWorld(t)
	arn := w.topics.Create(region, "on-call")
	w.buckets.Create(s3.Bucket{Name: "reports", Region: region, Versioned: true})
	w.deploy(t, "tell", `{"First":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Arguments":{"TopicArn":"`+arn+`","Message":"down"},"Next":"Keep"},
		"Keep":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:putObject","Arguments":{"Bucket":"reports","Key":"a.json","Body":{"x":1}},"Next":"Look"},
		"Look":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Arguments":{"Bucket":"reports","Key":"a.json"},"Output":"{% $states.result.Body %}","Next":"Miss"},
		"Miss":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Arguments":{"Bucket":"reports","Key":"none"},"End":true,
			"Catch":[{"ErrorEquals":["S3.NoSuchKeyException"],"Output":"{% $states.input %}","Next":"Done"}]},"Done":{"Type":"Succeed"}}`)
	x := w.run(t, "tell", `{}`)
	if messages := w.topics.Messages(region, "on-call"); len(messages) != 1 || messages[0].Body != "down" {
		t.Errorf("published %+v", messages)
	}
	if string(x.Output()) != `"{\"x\":1}"` {
		t.Errorf("%s: %s %s %s", x.Status(), x.Output(), x.Error(), x.Cause())
	}
}

// TestItemsTravelAsStepFunctionsWritesThem: a union is an object that names its member, on both ways.
func TestItemsTravelAsStepFunctionsWritesThem(t *testing.T) {
	w := newWorld(t)
	w.tables.Create(region, "locks", "pk", "")
	w.deploy(t, "lock", `{"First":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:putItem","Arguments":{"TableName":"locks",
			"ConditionExpression":"attribute_not_exists(pk)","Item":{"pk":{"S":"one"},"n":{"N":"7"},"on":{"Bool":true},"no":{"Nul":true},
			"parts":{"L":[{"S":"a"},{"M":{"deep":{"Ss":["x","y"]}}}]}}},"Next":"Look"},
		"Look":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:getItem","Arguments":{"TableName":"locks","Key":{"pk":{"S":"one"}}},
			"Assign":{"item":"{% $states.result.Item %}"},"Next":"Wrong"},
		"Wrong":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:getItem","Arguments":{"TableName":"locks","Key":{"pk":{"X":"one"}}},"Next":"Done",
			"Catch":[{"ErrorEquals":["DynamoDb.ValidationException"],"Next":"Again"}]},
		"Again":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:putItem","Arguments":{"TableName":"locks",
			"ConditionExpression":"attribute_not_exists(pk)","Item":{"pk":{"S":"one"}}},"Next":"Wrong",
			"Catch":[{"ErrorEquals":["DynamoDb.ConditionalCheckFailedException"],"Output":"{% $item %}","Next":"Done"}]},
		"Done":{"Type":"Succeed"}}`)
	x := w.run(t, "lock", `{}`)
	const want = `{"n":{"N":"7"},"no":{"Nul":true},"on":{"Bool":true},"parts":{"L":[{"S":"a"},{"M":{"deep":{"Ss":["x","y"]}}}]},"pk":{"S":"one"}}`
	if string(x.Output()) != want {
		t.Errorf("%s: %s %s %s", x.Status(), x.Output(), x.Error(), x.Cause())
	}
}

func TestADistributedMapReadsItemsAndWritesResults(t *testing.T) {
	w := newWorld(t)
	w.buckets.Create(s3.Bucket{Name: "work", Region: region, Versioned: true})
	w.buckets.Put("work", "items.jsonl", []byte("{\"n\":1}\n{\"fail\":\"Failed\"}\n{\"n\":3}\n"))
	w.deploy(t, "each", `{"First":{"Type":"Map","Label":"Each","ToleratedFailureCount":1,
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"work","Key":"items.jsonl"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Do","States":{"Do":{`+invoke+`,"End":true}}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"work","Prefix":"results"}},"End":true}}`)
	x := w.run(t, "each", `{}`)
	var written struct{ ResultWriterDetails struct{ Bucket, Key string } }
	if err := json.Unmarshal(x.Output(), &written); err != nil || written.ResultWriterDetails.Bucket != "work" {
		t.Fatalf("%s: %s %s %s (%v)", x.Status(), x.Output(), x.Error(), x.Cause(), err)
	}
	names := map[string]int{}
	for _, o := range w.buckets.Objects("work") {
		names[o.Key[strings.LastIndex(o.Key, "/")+1:]]++
	}
	if names["manifest.json"] != 1 || names["SUCCEEDED_0.json"] != 1 || names["FAILED_0.json"] != 1 {
		t.Errorf("wrote %v", names)
	}
}

func TestAnExecutionFreezesWithItsRegion(t *testing.T) {
	w := newWorld(t)
	w.deploy(t, "wait", `{"First":{"Type":"Wait","Seconds":60,"Next":"Then"},"Then":{`+invoke+`,"End":true}}`)
	w.Sim.After(10*time.Second, func() { w.Kill(region) })
	w.Sim.After(time.Hour, func() { w.Revive(region) })
	x := w.run(t, "wait", `{}`)
	if x.Status() != asl.Succeeded || x.StoppedAt().Sub(sim.Epoch) < time.Hour {
		t.Errorf("%s at %v, want success after the region is back", x.Status(), x.StoppedAt())
	}
}

func TestANameIsTakenOnce(t *testing.T) {
	w := newWorld(t)
	w.deploy(t, "wait", `{"First":{"Type":"Wait","Seconds":60,"End":true}}`)
	first, err := w.states.Start(region, "wait", "night", json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.states.Start(region, "wait", "night", json.RawMessage(`{}`)); err != nil || again != first {
		t.Errorf("the same start again gives %v, %v", again, err)
	}
	if _, err := w.states.Start(region, "wait", "night", json.RawMessage(`{"a":1}`)); failure.Code(err) != "ExecutionAlreadyExists" {
		t.Errorf("another input gives %v", err)
	}
	if _, err := w.states.Start(region, "none", "", nil); failure.Code(err) != "StateMachineDoesNotExist" {
		t.Errorf("no machine gives %v", err)
	}
}
