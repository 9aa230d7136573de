package stepfunctions

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl"
)

// ReadItems serves a Distributed Map's ItemReader from S3: a JSON array, JSON Lines, or a listing of objects.
func (i *integrations) ReadItems(s asl.ItemSource, finish func([]json.RawMessage, *asl.TaskError)) (cancel func()) {
	operation := "S3.GetObject"
	if strings.HasSuffix(s.Resource, "listObjectsV2") {
		operation = "S3.ListObjectsV2"
	}
	t := asl.Task{Arguments: s.Arguments, StateName: s.StateName, StateMachineARN: s.ExecutionARN}
	return i.call(t, operation, "S3", func(out json.RawMessage, err *asl.TaskError) {
		if err != nil {
			finish(nil, &asl.TaskError{Error: "States.ItemReaderFailed", Cause: err.Cause})
			return
		}
		items, parseErr := itemsOf(operation, out, s.ReaderConfig)
		if parseErr != nil {
			finish(nil, &asl.TaskError{Error: "States.ItemReaderFailed", Cause: parseErr.Error()})
			return
		}
		finish(items, nil)
	})
}

func itemsOf(operation string, out, readerConfig json.RawMessage) ([]json.RawMessage, error) {
	var answer struct {
		Body     string
		Contents []json.RawMessage
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, err
	}
	if operation == "S3.ListObjectsV2" {
		return answer.Contents, nil
	}
	var config struct {
		InputType string
		MaxItems  int
	}
	if len(readerConfig) > 0 {
		if err := json.Unmarshal(readerConfig, &config); err != nil {
			return nil, err
		}
	}
	var items []json.RawMessage
	switch config.InputType {
	case "JSON":
		if err := json.Unmarshal([]byte(answer.Body), &items); err != nil {
			return nil, fmt.Errorf("attempting to map over non-iterable node: %w", err)
		}
	case "JSONL":
		lines := bufio.NewScanner(strings.NewReader(answer.Body))
		lines.Buffer(nil, len(answer.Body)+1)
		for lines.Scan() {
			if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
				if !json.Valid(line) {
					return nil, fmt.Errorf("line %d is not JSON", len(items)+1)
				}
				items = append(items, bytes.Clone(line))
			}
		}
	default:
		return nil, fmt.Errorf("the lab reads items of type JSON and JSONL, not %q", config.InputType)
	}
	if config.MaxItems > 0 && len(items) > config.MaxItems {
		items = items[:config.MaxItems]
	}
	return items, nil
}

// WriteResults stores the results of a Distributed Map as AWS lays them out: a manifest beside files of those that
// succeeded and failed.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
func (i *integrations) WriteResults(s asl.ResultSink, finish func(json.RawMessage, *asl.TaskError)) (cancel func()) {
	var target struct{ Bucket, Prefix string }
	if err := json.Unmarshal(s.Arguments, &target); err != nil || target.Bucket == "" {
		return i.service.cloud.Sim.After(0, func() {
			finish(nil, &asl.TaskError{Error: "States.ResultWriterFailed", Cause: "ResultWriter needs Arguments with Bucket"})
		})
	}
	run := s.MapRunARN[strings.LastIndex(s.MapRunARN, ":")+1:]
	prefix := strings.TrimSuffix(target.Prefix, "/")
	if prefix != "" {
		prefix += "/"
	}
	prefix += run + "/"
	files := []struct{ key, body string }{}
	listed := map[string][]map[string]any{"SUCCEEDED": {}, "FAILED": {}, "PENDING": {}}
	for _, status := range []asl.Status{asl.Succeeded, asl.Failed} {
		if body, n := resultsOf(s.Children, status); n > 0 {
			key := fmt.Sprintf("%s%s_0.json", prefix, status)
			files = append(files, struct{ key, body string }{key, body})
			listed[string(status)] = append(listed[string(status)], map[string]any{"Key": key, "Size": len(body)})
		}
	}
	manifest := mustJSON(map[string]any{"DestinationBucket": target.Bucket, "MapRunArn": s.MapRunARN, "ResultFiles": listed})
	files = append(files, struct{ key, body string }{prefix + "manifest.json", string(manifest)})

	var failed error
	principal := role(i.region, s.ExecutionARN)
	for _, file := range files {
		i.service.noteRights(i.region, s.ExecutionARN, "S3.PutObject", resultRights(target.Bucket, file.key)...)
	}
	process := i.service.cloud.Sim.Go(context.Background(), func(ctx context.Context) {
		for _, file := range files {
			arguments := mustJSON(map[string]string{"Bucket": target.Bucket, "Key": file.key, "Body": file.body})
			if _, failed = i.service.cloud.Invoke(ctx, principal, i.region, "S3.PutObject", arguments); failed != nil {
				return
			}
		}
	}, func(killed bool) {
		if killed || failed != nil {
			finish(nil, &asl.TaskError{Error: "States.ResultWriterFailed", Cause: fmt.Sprint("write the results to ", target.Bucket, ": ", failed)})
			return
		}
		finish(mustJSON(map[string]any{
			"MapRunArn":           s.MapRunARN,
			"ResultWriterDetails": map[string]string{"Bucket": target.Bucket, "Key": prefix + "manifest.json"},
		}), nil)
	})
	return process.Kill
}

func resultsOf(children []*asl.Execution, status asl.Status) (body string, count int) {
	var results []map[string]any
	for _, child := range children {
		if child.Status() != status {
			continue
		}
		result := map[string]any{"Input": string(child.Input()), "Status": string(status), "StartDate": child.StartedAt(), "StopDate": child.StoppedAt()}
		if status == asl.Succeeded {
			result["Output"] = string(child.Output())
		} else {
			result["Error"], result["Cause"] = child.Error(), child.Cause()
		}
		results = append(results, result)
	}
	return string(mustJSON(results)), len(results)
}

func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return text
}
