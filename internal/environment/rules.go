package environment

import (
	"fmt"
	"strings"
	"time"
)

// broken lists every broken rule, those of single fields first.
func (e *Environment) broken() Mistakes {
	r := &rules{}
	r.shapes(e)
	r.names(e)
	r.contacts(e)
	r.durations(e)
	r.numbers(e)
	r.services(e)
	r.relations(e)
	r.retention(e)
	r.rhythm(e)
	r.imports(e)
	return r.found
}

type rules struct{ found Mistakes }

// refuse records a mistake unless holds.
func (r *rules) refuse(holds bool, field, problem, fix string, involves ...string) {
	if !holds {
		r.found = append(r.found, Mistake{Field: field, Problem: problem, Fix: fix, involves: involves})
	}
}

func (r *rules) shape(field, value string, shape Shape) {
	problem := fmt.Sprintf("%q is not %s", value, shape.Means)
	if value == "" {
		problem = "is empty"
	}
	r.refuse(shape.Fits(value), field, problem, "write "+shape.Means+", for example "+shape.Example)
}

func (r *rules) shapes(e *Environment) {
	r.shape("name", e.Name, nameShape)
	r.shape("application", e.Application, applicationShape)
	r.shape("account", e.Account, accountShape)
	r.shape("regions.primary", e.Regions.Primary, regionShape)
	r.shape("regions.recovery", e.Regions.Recovery, regionShape)
	r.shape("domain.name", e.Domain.Name, hostShape)
	r.shape("domain.zone", e.Domain.Zone, hostShape)
	r.shape("domain.hostedZone", e.Domain.HostedZone, zoneShape)
	r.shape("domain.healthPath", e.Domain.HealthPath, pathShape)
	r.shape("database.identifier", e.Database.Identifier, instanceShape)
	r.shape("database.replica", e.Database.Replica, instanceShape)
	r.shape("database.name", e.Database.Name, databaseShape)
	r.shape("database.instanceClass", e.Database.InstanceClass, classShape)
	r.shape("database.backupWindow", e.Database.BackupWindow, windowShape)
	r.shape("database.keys.primary", e.Database.Keys.Primary, keyShape)
	r.shape("database.keys.recovery", e.Database.Keys.Recovery, keyShape)
	r.shape("buckets.backups", e.Buckets.Backups, bucketShape)
	r.shape("buckets.data", e.Buckets.Data, bucketShape)
	r.shape("buckets.compliance", e.Buckets.Compliance, bucketShape)
	r.shape("parameters", e.Parameters, parametersShape)
	for i, name := range e.RegionalParameters {
		r.shape(fmt.Sprintf("regionalParameters[%d]", i), name, regionalShape)
	}
	r.shape("sources", e.Sources, sourcesShape)
	if e.SourcesToken != "" {
		r.shape("sourcesToken", e.SourcesToken, regionalShape)
	}
	for i, table := range e.Database.Tables {
		field := fmt.Sprintf("database.tables[%d]", i)
		r.shape(field+".name", table.Name, tableShape)
		r.shape(field+".key", table.Key, columnShape)
		r.shape(field+".keyType", table.KeyType, keyTypeShape)
		r.shape(field+".changed", table.Changed, columnShape)
	}
}

// names refuses what has the right shape and is reserved all the same.
func (r *rules) names(e *Environment) {
	for _, field := range []struct{ name, region string }{{"regions.primary", e.Regions.Primary}, {"regions.recovery", e.Regions.Recovery}} {
		other := strings.HasPrefix(field.region, "cn-") || strings.Contains(field.region, "-gov-") || strings.Contains(field.region, "-iso")
		r.refuse(!other, field.name, field.region+" belongs to another AWS partition, whose ARNs do not begin with arn:aws:", "write a commercial region, for example us-west-2")
	}
	for _, field := range []struct{ name, key, region string }{
		{"database.keys.primary", e.Database.Keys.Primary, e.Regions.Primary},
		{"database.keys.recovery", e.Database.Keys.Recovery, e.Regions.Recovery},
	} {
		// AWS makes its own keys when a service first uses them, so that one may not exist in the recovery region yet:
		// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
		r.refuse(!strings.Contains(field.key, "alias/aws/"), field.name, field.key+" is a key of AWS, which need not exist in the region yet", "name a key of your own, for example alias/acso-production-database")
		if arn := strings.Split(field.key, ":"); len(arn) == 6 {
			r.refuse(arn[3] == field.region, field.name, "the key is in "+arn[3]+" and not in "+field.region, "name a key in "+field.region, regionsField(field.name))
			r.refuse(arn[4] == e.Account, field.name, "the key belongs to account "+arn[4]+" and not to "+e.Account, "name a key of account "+e.Account, "account")
		}
	}
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html: rdsadmin is RDS's own database.
	r.refuse(e.Database.Name != "rdsadmin", "database.name", "rdsadmin is RDS's own database", "write the application's database, for example acso")
	for _, bucket := range []struct{ field, name string }{{"buckets.backups", e.Buckets.Backups}, {"buckets.data", e.Buckets.Data}, {"buckets.compliance", e.Buckets.Compliance}} {
		for _, start := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
			r.refuse(!strings.HasPrefix(bucket.name, start), bucket.field, bucket.name+" begins with "+start+", which S3 reserves", "choose another name")
		}
		for _, end := range []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3"} {
			r.refuse(!strings.HasSuffix(bucket.name, end), bucket.field, bucket.name+" ends with "+end+", which S3 reserves", "choose another name")
		}
	}
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(e.Parameters, "/")), "/")
	r.refuse(!strings.HasPrefix(first, "aws") && !strings.HasPrefix(first, "ssm"), "parameters", e.Parameters+" begins with aws or ssm, which Parameter Store reserves", "write a path of your own, for example /acso/production")
}

func regionsField(key string) string {
	return strings.Replace(key, "database.keys.", "regions.", 1)
}

// span refuses a duration outside its bounds or not in whole steps.
func (r *rules) span(field string, value Duration, least, most Duration, step time.Duration, because string) {
	fix := fmt.Sprintf("write %s to %s", least, most)
	switch {
	case value < least && value == 0:
		r.refuse(false, field, "is nothing"+because, fix)
	case value < least:
		r.refuse(false, field, fmt.Sprintf("%s is under %s%s", value, least, because), fix)
	case value > most:
		r.refuse(false, field, fmt.Sprintf("%s is over %s%s", value, most, because), fix)
	case value.Std()%step != 0:
		r.refuse(false, field, fmt.Sprintf("%s is not whole %s", value, map[time.Duration]string{time.Minute: "minutes", day: "days"}[step]), fix)
	}
}

func (r *rules) durations(e *Environment) {
	const minute, hour, year = Duration(time.Minute), Duration(time.Hour), Duration(366 * day)
	if e.Domain.TTL > minute {
		r.refuse(false, "domain.ttl", e.Domain.TTL.String()+" is over 60 s, so clients would keep the dead region for longer", "write 60s or less")
	}
	r.refuse(e.Domain.TTL > 0, "domain.ttl", "is nothing, so every request would ask DNS", "write 60s or less")
	r.span("database.backupRetention", e.Database.BackupRetention, Duration(day), Duration(35*day), day, ", which RDS does not allow for automated backups")
	r.span("backup.database.automated", e.Backup.Database.Automated, Duration(day), Duration(35*day), day, ", which RDS does not allow for automated backups")
	r.span("backup.database.manual", e.Backup.Database.Manual, Duration(day), 20*year, day, "")
	r.span("backup.database.interval", e.Backup.Database.Interval, hour, Duration(day), time.Minute, "")
	r.span("backup.data.incremental", e.Backup.Data.Incremental, minute, Duration(day), time.Minute, "")
	r.span("backup.data.daily", e.Backup.Data.Daily, Duration(day), 20*year, day, "")
	r.span("backup.data.weekly", e.Backup.Data.Weekly, Duration(7*day), 20*year, day, "")
	r.span("backup.data.monthly", e.Backup.Data.Monthly, Duration(31*day), 20*year, day, "")
	r.span("backup.configuration", e.Backup.Configuration, Duration(day), 20*year, day, "")
	r.span("backup.infrastructure", e.Backup.Infrastructure, Duration(day), 20*year, day, "")
	week := Duration(7 * day)
	r.span("objectives.recoveryTime.critical", e.Objectives.RecoveryTime.Critical, minute, week, time.Second, "")
	r.span("objectives.recoveryTime.standard", e.Objectives.RecoveryTime.Standard, minute, week, time.Second, "")
	r.span("objectives.recoveryTime.non-critical", e.Objectives.RecoveryTime.NonCritical, minute, week, time.Second, "")
	r.span("objectives.recoveryPoint.critical", e.Objectives.RecoveryPoint.Critical, minute, week, time.Second, "")
	r.span("objectives.recoveryPoint.standard", e.Objectives.RecoveryPoint.Standard, minute, week, time.Second, "")
	r.span("objectives.recoveryPoint.archive", e.Objectives.RecoveryPoint.Archive, minute, week, time.Second, "")
	r.span("policies.approval.timeout", e.Policies.Approval.Timeout, minute, week, time.Second, "")
	r.span("policies.lag.limit", e.Policies.Lag.Limit, Duration(time.Second), week, time.Second, "")
	r.span("policies.coolDown", e.Policies.CoolDown, minute, week, time.Second, "")
	r.span("policies.keepOld", e.Policies.KeepOld, Duration(day), year, day, "")
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html: schedules have a minute's precision.
	r.span("monitoring.probeInterval", e.Monitoring.ProbeInterval, minute, hour, time.Minute, "")
	r.span("monitoring.probeTimeout", e.Monitoring.ProbeTimeout, Duration(time.Second), Duration(30*time.Second), time.Second, "")
	r.span("monitoring.heartbeatInterval", e.Monitoring.HeartbeatInterval, minute, hour, time.Minute, "")
	r.span("monitoring.confirmation", e.Monitoring.Confirmation, minute, hour, time.Second, "")
}

func (r *rules) numbers(e *Environment) {
	for _, share := range []struct {
		field   string
		percent float64
	}{
		{"objectives.availability", e.Objectives.Availability}, {"objectives.durability", e.Objectives.Durability},
		{"objectives.backupSuccess", e.Objectives.BackupSuccess}, {"objectives.testSuccess", e.Objectives.TestSuccess},
	} {
		r.refuse(share.percent > 0 && share.percent <= 100, share.field, fmt.Sprintf("%v is not a percentage", share.percent), "write a number above 0 and at most 100")
	}
	r.refuse(e.Backup.SnapshotQuota > 0 && e.Backup.SnapshotQuota <= 100000, "backup.snapshotQuota", fmt.Sprintf("%d is not a number of snapshots", e.Backup.SnapshotQuota), "write the account's RDS quota of manual snapshots; AWS's default is 100")
	silence := e.Policies.Approval.OnTimeout
	r.refuse(silence == StandDown || silence == Proceed, "policies.approval.onTimeout", fmt.Sprintf("%q is not a policy", silence), "write stand-down or proceed")
}
