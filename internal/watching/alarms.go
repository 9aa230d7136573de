package watching

import (
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Namespace of the metrics of backups. Beside those without a dimension, each has one: Kind. Production's is that of the
// procedures; an environment beside it has one of its own, or its failed backup would raise production's alarm.
func Namespace(e *environment.Environment) string {
	const procedures = "ACSO/Backup"
	if named(e) {
		return procedures
	}
	return procedures + "/" + e.Name
}

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

	// Of a replication rule of S3, which puts them in its own namespace.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics
	CopyLatency = "ReplicationLatency"          // seconds by which the copies are behind, each minute; only its maximum is valid
	CopyFailed  = "OperationsFailedReplication" // copies that S3 gave up; their sum is valid, their maximum is not
)

// Dimension is the only dimension of metrics about one kind.
const Dimension = "Kind"

// Alarm is an alarm as CloudWatch wants it, once for the stacks and the lab.
type Alarm struct {
	Name        string
	Description string
	Namespace   string
	Metric      string
	Dimensions  map[string]string // values by name
	Sum         bool              // the sum of the period counts, not its worst value
	Period      time.Duration
	Threshold   float64 // alarm at it and above
	Under       bool    // alarm below it instead: never so good in the whole period
	Missing     string  // TreatMissingData
	Topic       string  // name of the SNS topic that is told of alarm and OK
	NoOK        bool    // of alarm only: no repair is what ends it
}

// Statistic is what of a period counts: the worst value, if not the sum.
func (a Alarm) Statistic() string {
	if a.Sum {
		return "Sum"
	}
	return "Maximum"
}

// What missing data mean: with breaching, a watcher that is silent is an alarm too.
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
			Namespace: Namespace(e), Metric: JobStatus, Period: time.Hour, Threshold: 1, Missing: breaching, Topic: topic,
		},
		{
			Name: e.Prefix() + "-verification-failed", Description: "A recovery point is not what its manifest says.",
			Namespace: Namespace(e), Metric: VerificationStatus, Period: time.Hour, Threshold: 1, Missing: notBreaching, Topic: topic,
		},
		{
			Name: e.Prefix() + "-snapshot-quota", Description: "The quota of manual DB snapshots is smaller than what the retention comes to hold.",
			Namespace: Namespace(e), Metric: SnapshotsMissing, Period: 24 * time.Hour, Threshold: 1, Missing: notBreaching, Topic: topic,
		},
	}
	for _, kind := range retention.Kinds {
		if limit := AgeLimit(e, kind); limit > 0 {
			alarms = append(alarms, Alarm{
				Name: AgeAlarm(e, kind), Description: "The newest verified recovery point of " + kind + " is older than its objective allows, or there is none.",
				Namespace: Namespace(e), Metric: Age, Dimensions: map[string]string{Dimension: kind},
				Period: 30 * time.Minute, Threshold: limit.Seconds(), Missing: breaching, Topic: topic,
			})
		}
	}
	alarms = append(alarms, Copies(e, region)...)
	if region == e.Regions.Recovery { // where the replica is
		alarms = append(alarms, Alarm{
			Name: e.Prefix() + "-replication-lag", Description: "The replica is further behind than a failover without a person allows, or there is no replica.",
			Namespace: "AWS/RDS", Metric: ReplicaLag, Dimensions: map[string]string{"DBInstanceIdentifier": e.Database.Replica},
			Period: 5 * time.Minute, Threshold: e.Policies.Lag.Limit.Std().Seconds(), Missing: breaching, Topic: topic,
		})
	}
	return alarms
}

// Copies are the alarms on S3's copies of the buckets whose replication is ours. In which region a metric of replication is depends on
// the metric: latency is where the copies arrive, failures are where they come from.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
func Copies(e *environment.Environment, region string) []Alarm {
	const runbook = " See docs/runbooks/s3-copies.md."
	// Within which time S3 promises 99.99 % of the copies: no alarm can ask for more.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
	const promised = 15 * time.Minute
	pair, points := e.Pair(region), e.Objectives.RecoveryPoint
	var alarms []Alarm
	for _, b := range []struct {
		what, name string
		limit      time.Duration
	}{
		{"backups", e.Buckets.Backups, points.Critical.Std()},
		{"compliance", e.Buckets.Compliance, points.Standard.Std()},
		{"data", e.Buckets.Data, points.Critical.Std()},
	} {
		ours := func(source string) bool { return b.name != e.Buckets.Data || e.Existing(source).Data == "" }
		rule := func(source string) map[string]string {
			return map[string]string{
				"SourceBucket": e.BucketIn(source, b.name), "DestinationBucket": e.BucketIn(e.Pair(source), b.name), "RuleId": e.ReplicationRule(source),
			}
		}
		if ours(pair) {
			alarms = append(alarms, Alarm{
				Name:        CopiesLateAlarm(e, b.what),
				Description: "S3's copies from " + pair + " are further behind than the objective allows, or S3 says nothing of them." + runbook,
				Namespace:   "AWS/S3", Metric: CopyLatency, Dimensions: rule(pair), Period: 5 * time.Minute, Threshold: max(b.limit, promised).Seconds(),
				Missing: breaching, Topic: e.Contacts.OnCall.Topic, // it is put when nothing is copied, too: a rule that is gone is seen
			})
		}
		if ours(region) {
			alarms = append(alarms, Alarm{
				Name:        CopiesFailedAlarm(e, b.what),
				Description: "S3 has given up copying objects to " + pair + ", and does not try again. Nobody tells when they are there." + runbook,
				Namespace:   "AWS/S3", Metric: CopyFailed, Dimensions: rule(region), Sum: true, Period: 5 * time.Minute, Threshold: 1,
				Missing: notBreaching, Topic: e.Contacts.OnCall.Topic, NoOK: true,
			})
		}
	}
	return alarms
}

// CopiesLateAlarm is the alarm on copies of a bucket, "backups", "compliance" or "data", that do not arrive in time. It is in
// the region where they arrive.
func CopiesLateAlarm(e *environment.Environment, bucket string) string {
	return e.Prefix() + "-s3-copies-late-" + bucket
}

// CopiesFailedAlarm is the alarm on copies of a bucket that will never arrive. It is in the region where they come from.
func CopiesFailedAlarm(e *environment.Environment, bucket string) string {
	return e.Prefix() + "-s3-copies-failed-" + bucket
}

// AgeAlarm is the alarm on the age of a kind's newest verified point.
func AgeAlarm(e *environment.Environment, kind string) string {
	return e.Prefix() + "-recovery-point-age-" + kind
}

// failureName is ACSO-BackupFailure, as the procedures have it. Alarms are named once in an account and region, so those of
// other environments say which one they belong to.
func failureName(e *environment.Environment) string {
	name := strings.ToUpper(e.Application) + "-BackupFailure"
	if !named(e) {
		name += "-" + e.Name
	}
	return name
}

// named tells whether the environment is the one for which the procedures have names.
func named(e *environment.Environment) bool { return e.Name == "production" }
