package environment

import (
	"fmt"
	"strings"
	"time"
)

func (r *rules) services(e *Environment) {
	r.refuse(len(e.Services) > 0, "services", "lists no service", "list each ECS service with name, tier, desired and standby")
	named := map[string]int{}
	var tiers []string
	critical := 0
	for i, service := range e.Services {
		field := fmt.Sprintf("services[%d]", i)
		r.shape(field+".name", service.Name, serviceShape)
		if first, twice := named[service.Name]; twice {
			r.refuse(false, field+".name", service.Name+" is listed twice", "remove one of the two", fmt.Sprintf("services[%d].name", first))
		} else {
			named[service.Name] = i
		}
		known := service.Tier == Critical || service.Tier == Standard || service.Tier == NonCritical
		r.refuse(known, field+".tier", fmt.Sprintf("%q is not a tier", service.Tier), "write critical, standard or non-critical")
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html: tasks per service, 5,000.
		r.refuse(service.Desired >= 1 && service.Desired <= 5000, field+".desired", fmt.Sprintf("%d is not a number of tasks that serves", service.Desired), "write 1 to 5000")
		r.refuse(service.Standby >= 0, field+".standby", fmt.Sprintf("%d is not a number of tasks", service.Standby), "write 0 or more, at most desired")
		r.refuse(service.Standby <= service.Desired, field+".standby", fmt.Sprintf("%d is above desired (%d): the standby would run more than the active region", service.Standby, service.Desired), fmt.Sprintf("write at most %d", service.Desired), field+".desired")
		tiers = append(tiers, field+".tier")
		if service.Tier == Critical {
			critical++
		}
	}
	r.refuse(critical > 0 || len(e.Services) == 0, "services", "none is critical, so nothing would say whether a region serves", "give at least one service the tier critical", append(tiers, "services")...)
}

func (r *rules) relations(e *Environment) {
	r.refuse(e.Regions.Recovery != e.Regions.Primary, "regions.recovery", e.Regions.Recovery+" equals regions.primary, so both copies would die together", "write another region", "regions.primary")
	zone, name := e.Domain.Zone, e.Domain.Name
	// An alias at the apex needs the health of its target, and CNAME records are not allowed there.
	r.refuse(name != zone, "domain.name", name+" is the zone's own name (its apex), where the CNAME records of the failover are not allowed", "write a name below it, for example acso."+zone, "domain.zone")
	r.refuse(name == zone || strings.HasSuffix(name, "."+zone), "domain.name", name+" is not below the zone "+zone, "write a name below it, for example acso."+zone, "domain.zone")
	r.refuse(e.Database.Replica != e.Database.Identifier, "database.replica", e.Database.Replica+" equals database.identifier, so nobody could tell the two instances apart", "write another name, for example "+e.Database.Identifier+"-replica", "database.identifier")
	r.refuse(e.Buckets.Data != e.Buckets.Backups, "buckets.data", e.Buckets.Data+" equals buckets.backups", "write another bucket", "buckets.backups")
	r.refuse(e.Buckets.Compliance != e.Buckets.Backups && e.Buckets.Compliance != e.Buckets.Data, "buckets.compliance", e.Buckets.Compliance+" equals another bucket", "write another bucket", "buckets.backups", "buckets.data")
	r.window(e.Database.BackupWindow)

	times, points := e.Objectives.RecoveryTime, e.Objectives.RecoveryPoint
	r.ascending("objectives.recoveryTime.standard", times.Standard, "objectives.recoveryTime.critical", times.Critical)
	r.ascending("objectives.recoveryTime.non-critical", times.NonCritical, "objectives.recoveryTime.standard", times.Standard)
	r.ascending("objectives.recoveryPoint.standard", points.Standard, "objectives.recoveryPoint.critical", points.Critical)
	r.ascending("objectives.recoveryPoint.archive", points.Archive, "objectives.recoveryPoint.standard", points.Standard)
}

// window refuses a backup window under RDS's 30 minutes. It may cross midnight.
func (r *rules) window(text string) {
	if !windowShape.Fits(text) {
		return
	}
	from, to := minuteOfDay(text[:5]), minuteOfDay(text[6:])
	if to < from {
		to += 24 * 60
	}
	// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: PreferredBackupWindow.
	r.refuse(to-from >= 30, "database.backupWindow", fmt.Sprintf("%s lasts %d minutes and RDS wants at least 30", text, to-from), "write a longer window, for example 03:00-04:00")
}

func minuteOfDay(clock string) int {
	digit := func(i int) int { return int(clock[i] - '0') }
	return (digit(0)*10+digit(1))*60 + digit(3)*10 + digit(4)
}

func (r *rules) ascending(field string, value Duration, lower string, least Duration) {
	r.refuse(value >= least, field, fmt.Sprintf("%s is under %s (%s)", value, lower, least), "write "+least.String()+" or more", lower)
}

func (r *rules) retention(e *Environment) {
	b := e.Backup
	r.refuse(b.Database.Automated == e.Database.BackupRetention, "backup.database.automated", fmt.Sprintf("%s differs from database.backupRetention (%s)", b.Database.Automated, e.Database.BackupRetention), "write the same in both", "database.backupRetention")
	r.ascending("backup.database.manual", b.Database.Manual, "backup.database.automated", b.Database.Automated)
	r.ascending("backup.data.weekly", b.Data.Weekly, "backup.data.daily", b.Data.Daily)
	r.ascending("backup.data.monthly", b.Data.Monthly, "backup.data.weekly", b.Data.Weekly)
	for _, every := range []struct {
		field string
		span  Duration
	}{{"backup.database.interval", b.Database.Interval}, {"backup.data.incremental", b.Data.Incremental}} {
		if every.span > 0 && every.span.Std()%time.Minute == 0 {
			r.refuse(day%every.span.Std() == 0, every.field, every.span.String()+" does not divide a day, so the slots would drift", "write a divisor of 24h, for example 15m or 6h")
		}
	}
	critical := e.Objectives.RecoveryPoint.Critical
	r.refuse(b.Data.Incremental <= critical, "backup.data.incremental", fmt.Sprintf("%s is over objectives.recoveryPoint.critical (%s), so the objective could not be met", b.Data.Incremental, critical), "write "+critical.String()+" or less", "objectives.recoveryPoint.critical")
	if b.Database.Interval > 0 {
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html: manual DB instance snapshots, 100 a region.
		need := b.Database.Automated.Std()/b.Database.Interval.Std() + b.Database.Manual.Std()/day
		r.refuse(int64(b.SnapshotQuota) >= int64(need), "backup.snapshotQuota", fmt.Sprintf("%d is under the %d snapshots that the retention keeps in a region", b.SnapshotQuota, need), fmt.Sprintf("have the RDS quota raised to at least %d in both regions and write it here", need), "backup.database.automated", "backup.database.manual", "backup.database.interval")
	}
}

func (r *rules) rhythm(e *Environment) {
	m, p := e.Monitoring, e.Policies
	rto, rpo := e.Objectives.RecoveryTime.Critical, e.Objectives.RecoveryPoint.Critical
	r.refuse(p.Lag.Limit <= rpo, "policies.lag.limit", fmt.Sprintf("%s is over objectives.recoveryPoint.critical (%s), so a loss beyond the objective would need no person", p.Lag.Limit, rpo), "write "+rpo.String()+" or less", "objectives.recoveryPoint.critical")
	r.refuse(m.ProbeTimeout < m.ProbeInterval, "monitoring.probeTimeout", fmt.Sprintf("%s is not under monitoring.probeInterval (%s)", m.ProbeTimeout, m.ProbeInterval), "write less than the interval", "monitoring.probeInterval")
	r.refuse(m.HeartbeatInterval < rpo, "monitoring.heartbeatInterval", fmt.Sprintf("%s is not under objectives.recoveryPoint.critical (%s), so no loss bound could meet it", m.HeartbeatInterval, rpo), "write less than the objective", "objectives.recoveryPoint.critical")
	r.refuse(m.Confirmation >= m.ProbeInterval, "monitoring.confirmation", fmt.Sprintf("%s is under monitoring.probeInterval (%s), so one lost probe would count as an outage", m.Confirmation, m.ProbeInterval), "write at least the interval", "monitoring.probeInterval")
	r.refuse(m.Confirmation < rto, "monitoring.confirmation", fmt.Sprintf("%s is not under objectives.recoveryTime.critical (%s)", m.Confirmation, rto), "write less than the objective", "objectives.recoveryTime.critical")
}
