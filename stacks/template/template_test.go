package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/acso/disaster-recovery/stacks/template"
)

const sample = `{"Parameters":{"P":{"Type":"String","Default":"preset"}},"Resources":{
 "Table":{"Type":"AWS::DynamoDB::Table","Properties":{"TableName":{"Fn::Join":["-",["acso",{"Ref":"AWS::Region"}]]}}},
 "Topic":{"Type":"AWS::SNS::Topic","Properties":{"TopicName":"on-call"}},
 "Bucket":{"Type":"AWS::S3::Bucket","Properties":{}},
 "Role":{"Type":"AWS::IAM::Role","Properties":{}}}}`

func TestResolve(t *testing.T) {
	parsed, err := template.Parse([]byte(sample), "stack", "111122223333", "us-west-2")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ value, want string }{
		{`{"Ref":"AWS::Partition"}`, `"aws"`},
		{`{"Ref":"P"}`, `"preset"`},
		{`{"Ref":"Table"}`, `"acso-us-west-2"`},
		{`{"Fn::GetAtt":["Table","Arn"]}`, `"arn:aws:dynamodb:us-west-2:111122223333:table/acso-us-west-2"`},
		{`{"Fn::GetAtt":"Table.StreamArn"}`, `"${Table.StreamArn}"`},
		{`{"Ref":"Topic"}`, `"arn:aws:sns:us-west-2:111122223333:on-call"`},
		{`{"Ref":"Bucket"}`, `"${Bucket}"`},
		{`{"Fn::Join":["",[{"Fn::GetAtt":["Bucket","Arn"]},"/*"]]}`, `"arn:aws:s3:::${Bucket}/*"`},
		{`{"Fn::Sub":"${AWS::AccountId}-${Table}-${Role.Arn}-${!Keep}"}`, `"111122223333-acso-us-west-2-arn:aws:iam::111122223333:role/${Role}-${Keep}"`},
		{`{"Fn::Sub":["${X}-${Topic}",{"X":{"Ref":"P"}}]}`, `"preset-arn:aws:sns:us-west-2:111122223333:on-call"`},
		{`{"Fn::Select":[1,{"Fn::Split":["/",{"Fn::Join":["",["a/",{"Ref":"P"}]]}]}]}`, `"preset"`},
		{`{"a":[{"Ref":"AWS::NoValue"},{"Ref":"P"}],"b":{"Ref":"AWS::NoValue"}}`, `{"a":["preset"]}`},
		{`{"Fn::ImportValue":"Exported"}`, `"${Fn::ImportValue Exported}"`},
	} {
		var value, want any
		if err := json.Unmarshal([]byte(row.value), &value); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(row.want), &want); err != nil {
			t.Fatal(err)
		}
		if got := parsed.Resolve(value); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", row.value, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := template.Read(dir); err == nil {
		t.Error("a folder without an assembly was read")
	}
	for name, text := range map[string]string{
		"manifest.json":   `{"artifacts":{"b":{"type":"aws:cloudformation:stack","environment":"aws://111122223333/us-west-2","properties":{"templateFile":"b.template.json","stackName":"acso-b"}},"tree":{"type":"cdk:tree"}}}`,
		"b.template.json": sample,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := template.Read(dir)
	if err != nil || len(all) != 1 || all[0].Stack != "acso-b" || all[0].Region != "us-west-2" || len(all[0].Of("AWS::SNS::Topic")) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
