package logs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// register models the operations. Their IAM actions:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func (s *Service) register() {
	cloud.Register(s.cloud, "CloudWatch Logs.CreateExportTask", cloud.Spec[cloudwatchlogs.CreateExportTaskInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *cloudwatchlogs.CreateExportTaskInput) []grant.Action {
			return []grant.Action{{Name: "logs:CreateExportTask", Resource: s.cloud.ARN("logs", call.Region, "log-group:"+aws.ToString(in.LogGroupName))}}
		},
	}, s.createTask)
	cloud.Register(s.cloud, "CloudWatch Logs.DescribeExportTasks", cloud.Spec[cloudwatchlogs.DescribeExportTasksInput]{
		Actions: func(*cloud.Call, *cloudwatchlogs.DescribeExportTasksInput) []grant.Action {
			return []grant.Action{{Name: "logs:DescribeExportTasks", Resource: "*"}}
		},
	}, s.describeTasks)
}

func (s *Service) createTask(call *cloud.Call, in *cloudwatchlogs.CreateExportTaskInput) (*cloudwatchlogs.CreateExportTaskOutput, error) {
	name := aws.ToString(in.LogGroupName)
	if s.groups[[2]string{call.Region, name}] == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The specified log group does not exist: " + name)}
	}
	from, to := time.UnixMilli(aws.ToInt64(in.From)).UTC(), time.UnixMilli(aws.ToInt64(in.To)).UTC()
	if !from.Before(to) {
		return nil, &types.InvalidParameterException{Message: aws.String("The specified time range is not valid: from has to come before to.")}
	}
	for _, t := range s.tasks {
		// "Each account can only have one active (RUNNING or PENDING) export task at a time."
		// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html
		if t.region == call.Region && t.active() {
			return nil, &types.LimitExceededException{Message: aws.String("Resource limit exceeded.")}
		}
	}
	prefix := aws.ToString(in.DestinationPrefix)
	if prefix == "" {
		prefix = "exportedlogs" // the default of the API
	}
	// CloudWatch Logs writes this object before it accepts the task.
	if !s.bucket.Deliver(call.Region, aws.ToString(in.Destination), prefix+"/aws-logs-write-test", []byte("Permission Check Successful")) {
		return nil, &types.InvalidParameterException{Message: aws.String("GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.")}
	}
	t := &task{
		region: call.Region, id: s.id(), name: aws.ToString(in.TaskName), group: name, streams: aws.ToString(in.LogStreamNamePrefix),
		bucket: aws.ToString(in.Destination), prefix: prefix, from: from, to: to, created: s.sim.Now(), status: types.ExportTaskStatusCodeRunning,
	}
	s.begin(t)
	return &cloudwatchlogs.CreateExportTaskOutput{TaskId: aws.String(t.id)}, nil
}

func (t *task) active() bool {
	return t.status == types.ExportTaskStatusCodeRunning || t.status == types.ExportTaskStatusCodePending
}

// describeTasks lists the newest tasks first, as many as AWS gives on one page.
func (s *Service) describeTasks(call *cloud.Call, in *cloudwatchlogs.DescribeExportTasksInput) (*cloudwatchlogs.DescribeExportTasksOutput, error) {
	const page = 50
	out := &cloudwatchlogs.DescribeExportTasksOutput{}
	skip := aws.ToString(in.NextToken)
	for i := len(s.tasks) - 1; i >= 0; i-- {
		t := s.tasks[i]
		if t.region != call.Region || in.TaskId != nil && *in.TaskId != t.id || in.StatusCode != "" && in.StatusCode != t.status {
			continue
		}
		if skip != "" {
			if t.id == skip {
				skip = ""
			}
			continue
		}
		if len(out.ExportTasks) == page {
			out.NextToken = out.ExportTasks[page-1].TaskId
			break
		}
		out.ExportTasks = append(out.ExportTasks, t.describe())
	}
	if in.TaskId != nil && len(out.ExportTasks) == 0 {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The specified export task does not exist.")}
	}
	return out, nil
}

func (t *task) describe() types.ExportTask {
	return types.ExportTask{
		TaskId: aws.String(t.id), TaskName: aws.String(t.name), LogGroupName: aws.String(t.group), Destination: aws.String(t.bucket),
		DestinationPrefix: aws.String(t.prefix), From: aws.Int64(t.from.UnixMilli()), To: aws.Int64(t.to.UnixMilli()),
		Status:        &types.ExportTaskStatus{Code: t.status, Message: aws.String(t.message)},
		ExecutionInfo: &types.ExportTaskExecutionInfo{CreationTime: aws.Int64(t.created.UnixMilli())},
	}
}

// write stores one stream's events under PREFIX/TASK/STREAM/000000.gz.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
func (s *Service) write(t *task, stream string, until time.Time) bool {
	text := Text(t.group, stream, t.from, until)
	if text == "" {
		return true
	}
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	if _, err := zipper.Write([]byte(text)); err != nil {
		panic(fmt.Sprintf("lab: compress logs in memory: %v", err))
	}
	if err := zipper.Close(); err != nil {
		panic(fmt.Sprintf("lab: compress logs in memory: %v", err))
	}
	key := strings.Join([]string{t.prefix, t.id, strings.ReplaceAll(stream, "/", "-"), "000000.gz"}, "/")
	return s.bucket.Deliver(t.region, t.bucket, key, packed.Bytes())
}
