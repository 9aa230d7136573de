// Package cleartest destroys what a restore test made, and proves that nothing of it is left.
//
// It knows the test by its execution alone, so it finds what was made also when the test died before it could say so. It
// deletes nothing without a throwaway name, no database without the tag of that very execution, and nothing of an execution
// that still runs unless it is that execution which asks. It never waits: what RDS is still making is deleted by a later
// call. That something is gone it says only after the services themselves listed what there is.
package cleartest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/restoretest"
)

// Event is an example input.
//
//go:embed event.json
var Event []byte

// Errors are the kinds that it fails with.
var Errors = []failure.Kind{failure.InvalidInput, failure.NotFound, failure.Unavailable, failure.Denied, failure.Unsafe, failure.Failed, failure.Internal}

// Input says what to do about which execution.
type Input struct {
	Action    string `json:"action"`    // running, clear or prove
	Execution string `json:"execution"` // ARN of the test
}

// Output is what there is of the test.
type Output struct {
	Running   bool     `json:"running"`   // running: the test still runs, and clears up after itself
	Done      bool     `json:"done"`      // clear: everything is deleted; prove: nothing is left
	Left      []string `json:"left"`      // what is there still; deleting counts as there
	Strangers []string `json:"strangers"` // has a name of the test and not its tag: nothing that a test deletes
	Looked    []string `json:"looked"`    // prove: the listings that were read
	Detail    string   `json:"detail"`
}

// Handler clears in its region.
type Handler struct {
	p   platform.Platform
	rds *rds.Client
	s3  *s3.Client
	ssm *ssm.Client
	sfn *sfn.Client
}

// New makes the handler.
func New(p platform.Platform) *Handler {
	return &Handler{p: p, rds: rds.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS), ssm: ssm.NewFromConfig(p.AWS), sfn: sfn.NewFromConfig(p.AWS)}
}

// Grants is what it may do: list what there is, and delete what has a throwaway name.
func Grants(e *environment.Environment, region string) []grant.Grant {
	own := func(service, rest string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, e.Account, rest)
	}
	bucket := "arn:aws:s3:::" + e.RestoreTestBucket(region)
	return []grant.Grant{
		{Actions: []string{"states:DescribeExecution"}, Resources: []string{own("states", "execution:"+e.MachineName("test-restore")+":*")}},
		// Listings have no narrower resource, and a proof that looked at some instances only would be none.
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: []string{own("rds", "db:*")}},
		{Actions: []string{"rds:DescribeDBSnapshots"}, Resources: []string{own("rds", "snapshot:*")}},
		{Actions: []string{"rds:DescribeDBInstanceAutomatedBackups"}, Resources: []string{own("rds", "auto-backup:*")}},
		{Actions: []string{"rds:DeleteDBInstance"}, Resources: []string{own("rds", "db:"+e.RestoreTest()+"-*")}},
		{Actions: []string{"s3:ListBucket", "s3:ListBucketMultipartUploads"}, Resources: []string{bucket}},
		{Actions: []string{"s3:DeleteObject", "s3:AbortMultipartUpload"}, Resources: []string{bucket + "/" + e.RestoreTest() + "-*"}},
		{Actions: []string{"ssm:GetParametersByPath", "ssm:DeleteParameters"}, Resources: []string{own("ssm", "parameter/"+e.RestoreTest()+"-*")}},
	}
}

// Handle does one action, as far as one call gets; the state machine repeats it until it is done.
func (h *Handler) Handle(ctx context.Context, in Input) (Output, error) {
	if err := restoretest.Check(h.p.Environment, h.p.Region(), in.Execution); err != nil {
		return Output{}, err
	}
	switch in.Action {
	case "running":
		return h.running(ctx, in)
	case "clear":
		return h.clear(ctx, in)
	case "prove":
		return h.prove(ctx, in)
	}
	return Output{}, failure.New(failure.InvalidInput, "clear a restore test", "action %q is none of running, clear, prove", in.Action)
}

func empty() Output { return Output{Left: []string{}, Strangers: []string{}, Looked: []string{}} }

// running tells whether the test runs, as it does again after a redrive. One that nobody remembers does not.
func (h *Handler) running(ctx context.Context, in Input) (Output, error) {
	out := empty()
	x, err := h.sfn.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(in.Execution)})
	var missing *sfntypes.ExecutionDoesNotExist
	switch {
	case errors.As(err, &missing):
		out.Detail = "nobody remembers the execution"
	case err != nil:
		return out, failure.FromAWS(err, "describe %s", in.Execution)
	default:
		out.Running = x.Status == sfntypes.ExecutionStatusRunning
		out.Detail = "the execution is " + string(x.Status)
	}
	return out, nil
}

// budget is the time for one call. It ends before the function's own limit.
const budget = time.Minute

// clear deletes what it finds, and says what is there still.
func (h *Handler) clear(ctx context.Context, in Input) (Output, error) {
	until := h.p.Clock.Now().Add(budget)
	out := empty()
	for _, from := range []restoretest.From{restoretest.Snapshot, restoretest.Moment} {
		if err := h.clearDatabase(ctx, in, restoretest.Instance(h.p.Environment, in.Execution, from), &out); err != nil {
			return out, err
		}
	}
	if err := h.clearObjects(ctx, in, until, &out); err != nil {
		return out, err
	}
	if err := h.clearParameters(ctx, in, until, &out); err != nil {
		return out, err
	}
	out.Done = len(out.Left) == 0
	out.Detail = fmt.Sprintf("%d things are there still", len(out.Left))
	return out, nil
}
