package watching

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Namespace of the metrics of backups. Beside those without a dimension, each has one: Kind.
const Namespace = "ACSO/Backup"

// The metrics. The jobs put their status, duration, bytes and objects themselves, the watcher the rest, and the status of
// slots whose job never started.
const (
	JobStatus          = "BackupJobStatus"           // 1 when a job failed or a schedule's last slot has no point, else 0
	JobDuration        = "BackupDuration"            // seconds
	JobBytes           = "BackupBytes"               // that the point holds
	JobObjects         = "BackupObjects"             // that the point holds
	Age                = "RecoveryPointAgeSeconds"   // of the newest verified point: the RPO now; no data when there is none
	SlotsExpected      = "BackupSlotsExpected"       // of the rolling month
	SlotsSucceeded     = "BackupSlotsSucceeded"      // of the rolling month
	SuccessRate        = "BackupSuccessPercent"      // of the slots of the rolling month
	VerificationStatus = "VerificationStatus"        // 1 when a verification failed, else 0
	SnapshotsMissing   = "SnapshotQuotaMissingCount" // by how many snapshots the quota is too small, else 0
	ReplicaLag         = "ReplicaLag"                // seconds; RDS puts it, in its own namespace
)

// Dimension is the only dimension of metrics about one kind.
const Dimension = "Kind"

// Alarm is an alarm as CloudWatch wants it, once for the stacks and the lab.
type Alarm struct {
	Name        string
	Description string
	Namespace   string
	Metric      string
	Dimension   string // name of the only dimension; "" for none
	Value       string // of the dimension
	Period      time.Duration
	Threshold   float64 // alarm at it and above
	Under       bool    // alarm below it instead: never so good in the whole period
	Missing     string  // TreatMissingData
	Topic       string  // name of the SNS topic that is told of alarm and OK
}

// Statistic is that of all alarms: the worst value of the period counts.
const Statistic = "Maximum"

// What missing data mean: with Breaching, a watcher that is silent is an alarm too.
const (
	breaching    = "breaching"
	notBreaching = "notBreaching"
)

// Alarms are the alarms on backups in a region.
func Alarms(e *environment.Environment, region string) []Alarm {
	topic := e.Contacts.OnCall.Topic
	alarms := []Alarm{
		{
			Name: failureName(e), Description: "Backup job failed, or its slot passed without a recovery point.",
			Namespace: Namespace, Metric: JobStatus, Period: time.Hour, Threshold: 1, Missing: breaching, Topic: topic,
		},
		{
			Name: e.Prefix() + "-verification-failed", Description: "A recovery point is not what its manifest says.",
			Namespace: Namespace, Metric: VerificationStatus, Period: time.Hour, Threshold: 1, Missing: notBreaching, Topic: topic,
		},
		{
			Name: e.Prefix() + "-snapshot-quota", Description: "The quota of manual DB snapshots is smaller than what the retention comes to hold.",
			Namespace: Namespace, Metric: SnapshotsMissing, Period: 24 * time.Hour, Threshold: 1, Missing: notBreaching, Topic: topic,
		},
	}
	for _, kind := range retention.Kinds {
		if limit := AgeLimit(e, kind); limit > 0 {
			alarms = append(alarms, Alarm{
				Name: AgeAlarm(e, kind), Description: "The newest verified recovery point of " + kind + " is older than its objective allows, or there is none.",
				Namespace: Namespace, Metric: Age, Dimension: Dimension, Value: kind,
				Period: 30 * time.Minute, Threshold: limit.Seconds(), Missing: breaching, Topic: topic,
			})
		}
	}
	if region == e.Regions.Recovery { // where the replica is
		alarms = append(alarms, Alarm{
			Name: e.Prefix() + "-replication-lag", Description: "The replica is further behind than a failover without a person allows, or there is no replica.",
			Namespace: "AWS/RDS", Metric: ReplicaLag, Dimension: "DBInstanceIdentifier", Value: e.Database.Replica,
			Period: 5 * time.Minute, Threshold: e.Policies.Lag.Limit.Std().Seconds(), Missing: breaching, Topic: topic,
		})
	}
	return alarms
}

// AgeAlarm is the alarm on the age of a kind's newest verified point.
func AgeAlarm(e *environment.Environment, kind string) string {
	return e.Prefix() + "-recovery-point-age-" + kind
}

// failureName is ACSO-BackupFailure, as the procedures have it. Alarms are named once in an account and region, so those of
// other environments say which one they belong to.
func failureName(e *environment.Environment) string {
	name := strings.ToUpper(e.Application) + "-BackupFailure"
	if e.Name != "production" {
		name += "-" + e.Name
	}
	return name
}
