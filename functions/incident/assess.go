package incident

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/internal/incident"
)

// assess says what a failing execution leaves behind: from its record, which is written before each change, and from the
// replica as it really is. It needs no ownership and changes nothing, so an execution that was superseded can use it too.
func (h *Handler) assess(ctx context.Context, in Input) (Output, error) {
	i, err := h.store.Past(ctx, in.Epoch)
	if err != nil {
		return Output{}, err
	}
	out := h.output(i)
	present, err := h.store.Present(ctx)
	if err != nil {
		return Output{}, err
	}
	replica := h.replica(ctx)
	left := i.Outstanding()
	out.Clean = len(left) == 0 && i.Promotion == incident.NotPromoted
	if out.Next = h.next(i, replica); present.Epoch > i.Epoch {
		out.Next = []string{fmt.Sprintf("do nothing here: incident %d took over what this one left, watch its execution %s", present.Epoch, present.Owner)}
	}

	var text strings.Builder
	fmt.Fprintf(&text, "%s. ", strings.TrimSuffix(in.Reason, "."))
	if out.Clean {
		text.WriteString("Nothing is left changed. ")
	} else {
		text.WriteString("Changed: ")
		for n, change := range left {
			fmt.Fprintf(&text, "(%d) %s at %s; ", n+1, change.What, change.At.UTC().Format("15:04:05"))
		}
	}
	fmt.Fprintf(&text, "%s. Next: ", replica.text)
	for n, step := range out.Next {
		fmt.Fprintf(&text, "(%d) %s. ", n+1, step)
	}
	out.Text = strings.TrimSpace(text.String())
	return out, nil
}

type replicaState struct {
	text     string
	known    bool
	promoted bool
}

func (h *Handler) replica(ctx context.Context) replicaState {
	name := h.database.Identifier()
	instance, err := h.database.Describe(ctx)
	if err != nil {
		return replicaState{text: "The state of " + name + " is unknown: " + err.Error()}
	}
	source, status := aws.ToString(instance.ReadReplicaSourceDBInstanceIdentifier), aws.ToString(instance.DBInstanceStatus)
	if source == "" {
		return replicaState{text: name + " is " + status + " and no replica any more", known: true, promoted: true}
	}
	return replicaState{text: name + " is " + status + " and still a replica of " + source, known: true}
}

func (h *Handler) next(i incident.Incident, replica replicaState) []string {
	e, region := h.p.Environment, h.p.Region()
	machine := e.MachineARN(region, "failover")
	start := fmt.Sprintf("aws stepfunctions start-execution --region %s --state-machine-arn %s --input", region, machine)
	again := "start the failover again, it goes on where this one stopped: " + start + " '{}'"
	look := fmt.Sprintf("aws rds describe-db-instances --region %s --db-instance-identifier %s", region, h.database.Identifier())
	var steps []string
	switch {
	case i.Promotion == incident.NotPromoted:
		for _, change := range i.Outstanding() {
			if change.Undo != "" {
				steps = append(steps, change.Undo)
			}
		}
		if i.Mode == incident.Planned {
			return append(steps, "remove the cause, then start the switchover again: "+start+` '{"mode":"planned"}'`)
		}
		return append(steps, "remove the cause, then, if "+e.Pair(region)+" is still down, "+again)
	case !replica.known:
		steps = append(steps, "find out whether the promotion happened: "+look)
	case !replica.promoted:
		steps = append(steps, "the promotion was requested and is not finished: watch it with "+look+" until it has no replica source; if it stays one, "+
			fmt.Sprintf("aws rds promote-read-replica --region %s --db-instance-identifier %s", region, h.database.Identifier()))
	default:
		steps = append(steps, h.database.Identifier()+" takes writes: start no service of "+e.Pair(region)+" and do not send clients there")
	}
	if i.Fence.State != incident.FenceProven {
		steps = append(steps, "the fence of "+e.Pair(region)+" is owed; the probe completes it when the region answers, leave it enabled")
	}
	return append(steps, "remove the cause, then "+again)
}
