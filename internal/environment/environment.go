// Package environment is the one place where an environment file becomes typed values.
//
// It refuses an environment with an unknown or a missing field, a duration without a unit, a region equal to its
// pair, a service named twice or a TTL over 60 seconds, and it reports all mistakes at once, each with field and
// fix. Nothing downstream validates again. It does not read YAML: package file beside it does, with line numbers,
// so that no Lambda links a YAML library; functions get the same values as JSON (see Decode).
package environment

// Environment is one deployed copy of ACSO: what the stacks build, the functions act on and the lab simulates.
type Environment struct {
	// What this copy of the system is called: the second part of every name.
	Name string `json:"name"`
	// The application's short name: the first part of every name.
	Application string `json:"application"`
	// The AWS account, twelve digits in quotes.
	Account string `json:"account"`
	// The two regions of the pair.
	Regions Regions `json:"regions"`
	// The public name that clients use.
	Domain Domain `json:"domain"`
	// The PostgreSQL instance and its cross-region replica.
	Database Database `json:"database"`
	// The ECS services, in the order in which they are brought back within their tier.
	Services []Service `json:"services"`
	// The promises that every finished procedure reports itself against.
	Objectives Objectives `json:"objectives"`
	// How often backups are taken and how long they are kept.
	Backup Backup `json:"backup"`
	// The S3 buckets of the primary region; the recovery region's have its name appended.
	Buckets Buckets `json:"buckets"`
	// The path in SSM Parameter Store under which the configuration lives: /acso/production.
	Parameters string `json:"parameters"`
	// The parameters below that path that stay in their region, such as endpoints: backups never write them elsewhere.
	RegionalParameters []string `json:"regionalParameters"`
	// The address of the git repository that is deployed, without credentials.
	Sources string `json:"sources"`
	// The secret parameter below that path that lets the repository be read: a token, or user:password. It may be left out for a
	// repository that everybody may read.
	SourcesToken string `json:"sourcesToken,omitempty"`
	// How the emergency response team is reached.
	Contacts Contacts `json:"contacts"`
	// What needs a person, and what silence means.
	Policies Policies `json:"policies"`
	// The rhythm at which the primary is watched.
	Monitoring Monitoring `json:"monitoring"`
	// The parts of the workload that exist already and are used as they are; the only group that may be left out.
	Imports Imports `json:"imports,omitzero"`
}

// Regions are the two regions of the pair.
type Regions struct {
	// The region that is active in normal operation.
	Primary string `json:"primary"`
	// The region of the warm standby, to which a failover moves.
	Recovery string `json:"recovery"`
}

// Domain is the public name that clients use.
type Domain struct {
	// The public name; below the zone, never the zone's own name.
	Name string `json:"name"`
	// The name of the hosted zone: company.com.
	Zone string `json:"zone"`
	// The identifier of the Route 53 hosted zone.
	HostedZone string `json:"hostedZone"`
	// The path that answers 200 when a region serves.
	HealthPath string `json:"healthPath"`
	// How long resolvers may keep the public name's answer; at most 60s.
	TTL Duration `json:"ttl"`
}

// Database is the PostgreSQL instance and its cross-region replica.
type Database struct {
	// The RDS instance in the primary region.
	Identifier string `json:"identifier"`
	// The RDS instance in the recovery region.
	Replica string `json:"replica"`
	// The PostgreSQL database inside the instance.
	Name string `json:"name"`
	// The RDS instance class: db.t3.large.
	InstanceClass string `json:"instanceClass"`
	// How long RDS keeps automated backups: whole days, 1d to 35d.
	BackupRetention Duration `json:"backupRetention"`
	// When RDS takes its daily backup: hh:mm-hh:mm in UTC, at least 30 minutes.
	BackupWindow string `json:"backupWindow"`
	// The KMS keys of the database and its snapshots, one in each region.
	Keys Keys `json:"keys"`
	// The tables whose rows are compared before a failback, to list what never arrived in the other region.
	Tables []Table `json:"tables"`
}

// Table is a table whose rows can be compared between two databases.
type Table struct {
	// The table's name, with its schema where that is not the default one.
	Name string `json:"name"`
	// The column of its primary key.
	Key string `json:"key"`
	// The PostgreSQL type of that column: text, uuid, bigint or integer.
	KeyType string `json:"keyType"`
	// The column of type timestamptz that every insert and update sets to the present; it needs an index.
	Changed string `json:"changed"`
}

// Keys are the KMS keys (ARN, identifier or alias) of the two regions: a copy needs a key in its region.
type Keys struct {
	// The key in the primary region: an alias, a key identifier or an ARN.
	Primary string `json:"primary"`
	// The key in the recovery region: an alias, a key identifier or an ARN.
	Recovery string `json:"recovery"`
}

// Tier is how soon a service has to be back.
type Tier string

// The tiers, in the order in which they are brought back.
const (
	Critical    Tier = "critical"
	Standard    Tier = "standard"
	NonCritical Tier = "non-critical"
)

// Service is one ECS service.
type Service struct {
	// The service's name without prefix: supervisor.
	Name string `json:"name"`
	// How soon it has to be back.
	Tier Tier `json:"tier"`
	// How many tasks run when its region is active.
	Desired int `json:"desired"`
	// How many tasks run when its region is the warm standby.
	Standby int `json:"standby"`
}

// Objectives are the promises that every finished procedure reports itself against.
type Objectives struct {
	// How long each tier of services may be down: the RTO.
	RecoveryTime RecoveryTime `json:"recoveryTime"`
	// How much of each class of data may be lost, as time: the RPO.
	RecoveryPoint RecoveryPoint `json:"recoveryPoint"`
	// Share of the time in which production serves, in percent.
	Availability float64 `json:"availability"`
	// Yearly durability of stored data, in percent.
	Durability float64 `json:"durability"`
	// Share of the scheduled backup slots that succeed, in percent.
	BackupSuccess float64 `json:"backupSuccess"`
	// Share of the recovery tests that succeed, in percent.
	TestSuccess float64 `json:"testSuccess"`
}

// RecoveryTime is the RTO of each tier of services.
type RecoveryTime struct {
	// RTO of critical services.
	Critical Duration `json:"critical"`
	// RTO of standard services.
	Standard Duration `json:"standard"`
	// RTO of non-critical services.
	NonCritical Duration `json:"non-critical"`
}

// RecoveryPoint is the RPO of each class of data.
type RecoveryPoint struct {
	// RPO of critical data.
	Critical Duration `json:"critical"`
	// RPO of standard data.
	Standard Duration `json:"standard"`
	// RPO of archive data.
	Archive Duration `json:"archive"`
}

// Backup says how often backups are taken and how long they are kept.
type Backup struct {
	// Database snapshots.
	Database DatabaseBackup `json:"database"`
	// Application data.
	Data DataBackup `json:"data"`
	// How long configuration backups are kept.
	Configuration Duration `json:"configuration"`
	// How long infrastructure backups are kept.
	Infrastructure Duration `json:"infrastructure"`
	// Manual snapshots that the account may have in a region; AWS's default is 100.
	SnapshotQuota int `json:"snapshotQuota"`
}

// DatabaseBackup is the retention of the six-hourly and the daily snapshots and the interval between the former.
type DatabaseBackup struct {
	// How long the snapshots taken every interval are kept; RDS keeps its own backups as long.
	Automated Duration `json:"automated"`
	// How long the daily snapshots are kept.
	Manual Duration `json:"manual"`
	// The time between two snapshots.
	Interval Duration `json:"interval"`
}

// DataBackup is the interval of incrementals and the grandfather-father-son retention of application data.
type DataBackup struct {
	// The time between two incremental backups.
	Incremental Duration `json:"incremental"`
	// How long daily backups are kept.
	Daily Duration `json:"daily"`
	// How long weekly backups are kept.
	Weekly Duration `json:"weekly"`
	// How long monthly backups are kept.
	Monthly Duration `json:"monthly"`
}

// Buckets are the S3 buckets; the recovery region's copy of each has its region appended: see BucketIn.
type Buckets struct {
	// Recovery points and their manifests.
	Backups string `json:"backups"`
	// Application data, replicated to the recovery region.
	Data string `json:"data"`
	// Reports and audit evidence.
	Compliance string `json:"compliance"`
}

// Contacts are the emergency response team, and whom it tells, in the order of the communication plan.
type Contacts struct {
	// The on-call engineer: told first.
	OnCall Contact `json:"on-call"`
	// The incident commander: decides, and approves what needs a person.
	IncidentCommander Contact `json:"incident-commander"`
	// The technical lead.
	TechnicalLead Contact `json:"technical-lead"`
	// The communications lead: customers and the status page.
	CommunicationsLead Contact `json:"communications-lead"`
	// The business continuity manager.
	BusinessContinuityManager Contact `json:"business-continuity-manager"`
	// The management team: told after 15 minutes.
	Management Contact `json:"management"`
	// The customer success team: told after 15 minutes.
	CustomerSuccess Contact `json:"customer-success"`
	// The key customers, where there are any: told after 15 minutes.
	KeyCustomers Contact `json:"key-customers,omitzero"`
	// The status page: updated after 30 minutes.
	StatusPage Contact `json:"status-page"`
	// All customers: told after 30 minutes.
	Customers Contact `json:"customers"`
	// The stakeholders: told after 30 minutes.
	Stakeholders Contact `json:"stakeholders"`
}

// Contact is how one role is reached: over the first of its channels that works, in this order.
type Contact struct {
	// The API of a status page, which shows what it is sent.
	StatusPage Endpoint `json:"statusPage,omitzero"`
	// The name of an SNS topic, which exists in both regions.
	Topic string `json:"topic"`
	// An e-mail address that is subscribed to the topic.
	Email string `json:"email,omitempty"`
	// An endpoint of a chat or paging service, for when the topic fails.
	Webhook Endpoint `json:"webhook,omitzero"`
}

// Endpoint takes each message as JSON, signed.
type Endpoint struct {
	// Where messages are posted: an https address.
	URL string `json:"url"`
	// The parameter below parameters, a SecureString, that signs them.
	Secret string `json:"secret"`
}

// Policies decide what needs a person.
type Policies struct {
	// How long a person is waited for and what silence means.
	Approval Approval `json:"approval"`
	// The largest loss that needs no person.
	Lag LagPolicy `json:"lag"`
	// How long after a finished failover an alarm starts nothing.
	CoolDown Duration `json:"coolDown"`
	// How long a database that a failback put aside is kept before it may be released: whole days.
	KeepOld Duration `json:"keepOld"`
}

// Approval says how long a person is waited for and what silence means.
type Approval struct {
	// How long a person is waited for.
	Timeout Duration `json:"timeout"`
	// What silence means: stand-down or proceed.
	OnTimeout TimeoutPolicy `json:"onTimeout"`
}

// TimeoutPolicy is what silence means.
type TimeoutPolicy string

// What silence may mean.
const (
	StandDown TimeoutPolicy = "stand-down"
	Proceed   TimeoutPolicy = "proceed"
)

// LagPolicy is the largest loss bound that may be accepted without a person.
type LagPolicy struct {
	// A larger bound on the loss, or an unknown one, needs approval.
	Limit Duration `json:"limit"`
}

// Monitoring is the rhythm at which the primary is watched.
type Monitoring struct {
	// The time between two probes of the primary: whole minutes, as schedules have them.
	ProbeInterval Duration `json:"probeInterval"`
	// How long one probe waits for an answer.
	ProbeTimeout Duration `json:"probeTimeout"`
	// The time between two heartbeat rows: whole minutes, as schedules have them.
	HeartbeatInterval Duration `json:"heartbeatInterval"`
	// How long every vantage point that answers has to see the primary down before it counts as down.
	Confirmation Duration `json:"confirmation"`
}
