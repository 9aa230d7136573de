package backuplogs

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/recoverypoint"
)

// attempts is how often the export of one group may fail.
const attempts = 3

// export looks at the exports of all groups and starts the next one when none runs.
func (h *Handler) export(ctx context.Context, span Range) (Output, error) {
	groups := h.p.Environment.LogGroups(h.p.Region())
	out := Output{Range: &span, Total: len(groups)}
	tasks, err := h.tasks(ctx)
	if err != nil {
		return out, err
	}
	next := ""
	for _, group := range groups {
		name := h.name(group, span)
		switch {
		case tasks.completed(name) != "":
			out.Done++
		case tasks.active(name) != "":
			out.Status, out.Detail = Exporting, "task "+tasks.active(name)+" exports "+group
			return out, nil
		case next == "":
			if failed := tasks.failed(name); len(failed) >= attempts {
				return out, failure.New(failure.Failed, "export "+group, "CloudWatch Logs failed %d times, at last: %s", len(failed), failed[0]).Next("look at the bucket's policy and key, then start backup-logs again")
			}
			next = group
		}
	}
	if next == "" {
		out.Status, out.Detail = Exported, fmt.Sprintf("%d groups are exported", len(groups))
		return out, nil
	}
	return h.begin(ctx, next, span, out)
}

func (h *Handler) begin(ctx context.Context, group string, span Range, out Output) (Output, error) {
	op := "export " + group + " to " + recoverypoint.Bucket(h.p.Environment, h.p.Region())
	task, err := h.logs.CreateExportTask(ctx, &cloudwatchlogs.CreateExportTaskInput{
		TaskName: aws.String(h.name(group, span)), LogGroupName: aws.String(group),
		From: aws.Int64(span.From.UnixMilli()), To: aws.Int64(span.To.UnixMilli()),
		Destination: aws.String(recoverypoint.Bucket(h.p.Environment, h.p.Region())), DestinationPrefix: aws.String(h.prefix(group, span)),
	})
	var busy *types.LimitExceededException
	var refused *types.InvalidParameterException
	switch {
	case errors.As(err, &busy):
		out.Status, out.Detail = Waiting, "another export of this account runs, and only one may"
		return out, nil
	case errors.As(err, &refused):
		return out, failure.New(failure.Denied, op, "%w", err).Next("let logs.%s.amazonaws.com write below %s", h.p.Region(), staging)
	case err != nil:
		return out, failure.FromAWS(err, "%s", op)
	}
	out.Status, out.Detail = Exporting, "task "+aws.ToString(task.TaskId)+" exports "+group
	return out, nil
}

// name tells the exports of one group and range from all others: whoever exports the same finds them.
func (h *Handler) name(group string, span Range) string {
	return h.p.Environment.Prefix() + " " + path.Base(group) + " " + span.From.Format(time.RFC3339) + " " + span.To.Format(time.RFC3339)
}

// prefix is where the exports of a group and range go; each task adds a folder of its own.
func (h *Handler) prefix(group string, span Range) string {
	const stamp = "20060102T150405Z"
	return staging + span.From.Format(stamp) + "-" + span.To.Format(stamp) + "/" + path.Base(group)
}

// taskList is the export tasks of the account, newest first.
type taskList []types.ExportTask

// pages is how many pages of 50 tasks are read: more than all exports of a month.
const pages = 10

func (h *Handler) tasks(ctx context.Context) (taskList, error) {
	var list taskList
	in := &cloudwatchlogs.DescribeExportTasksInput{}
	for range pages {
		out, err := h.logs.DescribeExportTasks(ctx, in)
		if err != nil {
			return nil, failure.FromAWS(err, "list the exports of logs in %s", h.p.Region())
		}
		list = append(list, out.ExportTasks...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	return list, nil
}

func (l taskList) find(name string, codes ...types.ExportTaskStatusCode) (found []types.ExportTask) {
	for _, t := range l {
		for _, code := range codes {
			if aws.ToString(t.TaskName) == name && t.Status != nil && t.Status.Code == code {
				found = append(found, t)
			}
		}
	}
	return found
}

// completed is the identifier of a completed task of the name, or "".
func (l taskList) completed(name string) string {
	for _, t := range l.find(name, types.ExportTaskStatusCodeCompleted) {
		return aws.ToString(t.TaskId)
	}
	return ""
}

// active is the identifier of a task of the name that has not ended, or "".
func (l taskList) active(name string) string {
	for _, t := range l.find(name, types.ExportTaskStatusCodeRunning, types.ExportTaskStatusCodePending, types.ExportTaskStatusCodePendingCancel) {
		return aws.ToString(t.TaskId)
	}
	return ""
}

// failed is why the tasks of the name failed, the last one first.
func (l taskList) failed(name string) (reasons []string) {
	for _, t := range l.find(name, types.ExportTaskStatusCodeFailed, types.ExportTaskStatusCodeCancelled) {
		reasons = append(reasons, string(t.Status.Code)+" "+aws.ToString(t.Status.Message))
	}
	return reasons
}
