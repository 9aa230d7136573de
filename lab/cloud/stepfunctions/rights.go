package stepfunctions

import (
	"strings"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// MachineCaller begins the name under which the calls of a state machine's role are recorded; its deployed name follows.
const MachineCaller = "machine "

// role is the state machine's role as a caller. What its role may do is decided by the stacks and not here, so nothing is
// denied; who watches the calls compares them with the role in the template.
func role(region, arn string) cloud.Principal {
	return cloud.Principal{Name: MachineCaller + machineOf(arn), Region: region, Unlimited: true}
}

// machineOf is the name of the machine in its ARN, in that of an execution, or in those of a Map run's children.
func machineOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 {
		return arn
	}
	name, _, _ := strings.Cut(parts[6], "/")
	return name
}

// noteRights records the rights that Step Functions checks when it acts in the name of a machine's role without a call of
// the SDK.
func (s *Service) noteRights(region, machineARN, operation string, actions ...grant.Action) {
	s.cloud.Note(cloud.Record{
		Caller: role(region, machineARN).Name, From: region, To: region, Operation: operation, Actions: actions, Effect: true,
	})
}

// waitRights are what waiting for an execution takes (.sync):
// docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html.
func (s *Service) waitRights(region, machine string) []grant.Action {
	executions := s.cloud.ARN("states", region, "execution:"+machine+":*")
	rule := s.cloud.ARN("events", region, "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
	return []grant.Action{
		{Name: "states:DescribeExecution", Resource: executions}, {Name: "states:StopExecution", Resource: executions},
		{Name: "events:PutTargets", Resource: rule}, {Name: "events:PutRule", Resource: rule}, {Name: "events:DescribeRule", Resource: rule},
	}
}

// noteMapRun records what a Distributed Map takes: its children are executions of the machine itself.
// docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
func (s *Service) noteMapRun(x *Execution, e asl.Event) {
	if e.Type == "MapRunStarted" {
		s.noteRights(x.Region, s.ARN(x.Region, x.Machine), "SFN.StartMapRun", grant.Action{Name: "states:StartExecution", Resource: s.ARN(x.Region, x.Machine)})
	}
}

// resultRights are what a ResultWriter takes beside s3:PutObject, since it may write in parts and reads them again:
// docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html.
func resultRights(bucket, key string) []grant.Action {
	object := "arn:aws:s3:::" + bucket + "/" + key
	return []grant.Action{
		{Name: "s3:GetObject", Resource: object}, {Name: "s3:ListMultipartUploadParts", Resource: object}, {Name: "s3:AbortMultipartUpload", Resource: object},
	}
}
