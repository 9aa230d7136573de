package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/statemachines"
)

// recovery is the stack that moves the system. It is the same in both regions, since either may have to be activated;
// every minute its functions find out by themselves which role their region has.
type recovery struct {
	*place
	foundation *foundation
	storage    *storage
	dead       awssqs.IQueue
}

func (a *app) recovery(s *storage) *recovery {
	f := s.foundation
	r := &recovery{storage: s, place: a.place(f.region, "recovery", "Failover of "+a.options.Environment.Prefix()+": functions, machines, triggers"), foundation: f}
	r.incidents()
	r.topics()
	r.dead = r.deadLetters(f)
	for _, function := range functions.OfRecovery() {
		r.deploy(function)
	}
	for _, machine := range statemachines.All() {
		if !aboutBackups(machine) && !aboutRestores(machine) {
			r.machine(machine, f)
		}
	}
	r.triggers()
	r.dashboard()
	return r
}

// aboutBackups tells the machines of the backup stack from the others.
func aboutBackups(m statemachines.Machine) bool { return strings.Contains(m.Name, "backup") }

// aboutRestores tells the machines of the restore stack from the others.
func aboutRestores(m statemachines.Machine) bool { return strings.Contains(m.Name, "restore") }

// deployFunction makes a function and the schedule that it has.
func (p *place) deployFunction(f functions.Function, in *foundation, files *storage, dead awssqs.IQueue) {
	made := p.goFunction(f, in, files, dead)
	if f.Schedule == "" {
		return
	}
	name := p.env.FunctionName(f.Name)
	fires := p.schedule(schedule{name: name, expression: f.Schedule, input: f.Payload, target: p.env.FunctionARN(p.region, f.Name), action: "lambda:InvokeFunction"}, dead)
	fires.Node().AddDependency(made)
}

func (r *recovery) deploy(f functions.Function) { r.deployFunction(f, r.foundation, r.storage, r.dead) }

// incidents is the table with the lock, the latch and the history. It replicates nowhere: recovery runs on what the
// region itself knows.
func (r *recovery) incidents() {
	table := awsdynamodb.NewTable(r.Stack, jsii.String("incidents"), &awsdynamodb.TableProps{
		TableName: jsii.String(r.env.IncidentTable()), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("pk"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode: awsdynamodb.BillingMode_PAY_PER_REQUEST, DeletionProtection: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		Encryption: awsdynamodb.TableEncryption_CUSTOMER_MANAGED, EncryptionKey: r.foundation.data,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	accept(table, both("DynamoDBInBackupPlan", "Point-in-time recovery is on: 35 days, to the second. A plan adds nothing for a table of one incident."))
}

// deadLetters is the queue of events that could not be delivered or handled, with an alarm on the first.
func (p *place) deadLetters(f *foundation) awssqs.IQueue {
	queue := awssqs.NewQueue(p.Stack, jsii.String("dead-letters"), &awssqs.QueueProps{
		Encryption: awssqs.QueueEncryption_KMS, EncryptionMasterKey: f.data, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	p.alarm(alarm{
		id: "dead-letters-alarm", name: *awscdk.Fn_Join(jsii.String("-"), &[]*string{queue.QueueName(), jsii.String("not-empty")}),
		description: "An event could not be delivered or handled in " + p.region + ": read the queue, then replay or delete it",
		namespace:   "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", dimensions: map[string]string{"QueueName": *queue.QueueName()},
		statistic: "Maximum", period: 300, periods: 1, needed: 1, threshold: 1, missing: "notBreaching",
	})
	return queue
}
