// Package environment is the one place where an environment file becomes typed values.
//
// It refuses a file with an unknown or a missing field, a duration without a unit, a region equal to its
// pair, a service named twice or a TTL over 60 seconds, and it reports all mistakes at once, each with file,
// line, field and fix. Nothing downstream validates again.
package environment

// Environment is one deployed copy of ACSO: what the stacks build, the functions act on and the lab simulates.
type Environment struct {
	Name        string     `yaml:"name"`
	Application string     `yaml:"application"`
	Account     string     `yaml:"account"`
	Regions     Regions    `yaml:"regions"`
	Domain      Domain     `yaml:"domain"`
	Database    Database   `yaml:"database"`
	Services    []Service  `yaml:"services"`
	Objectives  Objectives `yaml:"objectives"`
	Backup      Backup     `yaml:"backup"`
	Buckets     Buckets    `yaml:"buckets"`
	Parameters  string     `yaml:"parameters"` // SSM path, for example /acso/production
	Contacts    Contacts   `yaml:"contacts"`
	Policies    Policies   `yaml:"policies"`
	Monitoring  Monitoring `yaml:"monitoring"`
}

// Regions are the two regions of the pair.
type Regions struct {
	Primary  string `yaml:"primary"`
	Recovery string `yaml:"recovery"`
}

// Domain is the public name that clients use.
type Domain struct {
	Name       string   `yaml:"name"`
	HostedZone string   `yaml:"hostedZone"`
	HealthPath string   `yaml:"healthPath"`
	TTL        Duration `yaml:"ttl"`
}

// Database is the PostgreSQL instance and its cross-region replica.
type Database struct {
	Identifier      string   `yaml:"identifier"`
	Replica         string   `yaml:"replica"`
	Name            string   `yaml:"name"` // the database inside the instance
	InstanceClass   string   `yaml:"instanceClass"`
	BackupRetention Duration `yaml:"backupRetention"`
	BackupWindow    string   `yaml:"backupWindow"` // hh:mm-hh:mm, UTC
	Keys            Keys     `yaml:"keys"`
}

// Keys are the KMS keys (ARN, identifier or alias) of the two regions: a copy needs a key in its region.
type Keys struct {
	Primary  string `yaml:"primary"`
	Recovery string `yaml:"recovery"`
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
	Name    string `yaml:"name"`
	Tier    Tier   `yaml:"tier"`
	Desired int    `yaml:"desired"` // tasks when its region is active
	Standby int    `yaml:"standby"` // tasks when its region is the warm standby
}

// Objectives are the promises that every finished procedure reports itself against.
type Objectives struct {
	RecoveryTime  RecoveryTime  `yaml:"recoveryTime"`
	RecoveryPoint RecoveryPoint `yaml:"recoveryPoint"`
	Availability  float64       `yaml:"availability"`  // percent
	Durability    float64       `yaml:"durability"`    // percent
	BackupSuccess float64       `yaml:"backupSuccess"` // percent of scheduled slots
	TestSuccess   float64       `yaml:"testSuccess"`   // percent
}

// RecoveryTime is the RTO of each tier of services.
type RecoveryTime struct {
	Critical    Duration `yaml:"critical"`
	Standard    Duration `yaml:"standard"`
	NonCritical Duration `yaml:"non-critical"`
}

// RecoveryPoint is the RPO of each class of data.
type RecoveryPoint struct {
	Critical Duration `yaml:"critical"`
	Standard Duration `yaml:"standard"`
	Archive  Duration `yaml:"archive"`
}

// Backup says how often backups are taken and how long they are kept.
type Backup struct {
	Database       DatabaseBackup `yaml:"database"`
	Data           DataBackup     `yaml:"data"`
	Configuration  Duration       `yaml:"configuration"`
	Infrastructure Duration       `yaml:"infrastructure"`
	SnapshotQuota  int            `yaml:"snapshotQuota"` // manual snapshots a region; AWS's default is 100
}

// DatabaseBackup is the retention of automated and manual snapshots and the interval between automated ones.
type DatabaseBackup struct {
	Automated Duration `yaml:"automated"`
	Manual    Duration `yaml:"manual"`
	Interval  Duration `yaml:"interval"`
}

// DataBackup is the interval of incrementals and the grandfather-father-son retention of application data.
type DataBackup struct {
	Incremental Duration `yaml:"incremental"`
	Daily       Duration `yaml:"daily"`
	Weekly      Duration `yaml:"weekly"`
	Monthly     Duration `yaml:"monthly"`
}

// Buckets are the S3 buckets; the recovery region's copy of each has its region appended: see Bucket.
type Buckets struct {
	Backups    string `yaml:"backups"`
	Data       string `yaml:"data"`
	Compliance string `yaml:"compliance"`
}

// Contacts are the roles of the emergency response team.
type Contacts struct {
	OnCall                    Contact `yaml:"on-call"`
	IncidentCommander         Contact `yaml:"incident-commander"`
	TechnicalLead             Contact `yaml:"technical-lead"`
	CommunicationsLead        Contact `yaml:"communications-lead"`
	BusinessContinuityManager Contact `yaml:"business-continuity-manager"`
}

// Contact is how one role is reached.
type Contact struct {
	Topic string `yaml:"topic"` // SNS topic name; it exists in both regions
}

// Policies decide what needs a person.
type Policies struct {
	Approval Approval  `yaml:"approval"`
	Lag      LagPolicy `yaml:"lag"`
	CoolDown Duration  `yaml:"coolDown"`
}

// Approval says how long a person is waited for and what silence means.
type Approval struct {
	Timeout   Duration      `yaml:"timeout"`
	OnTimeout TimeoutPolicy `yaml:"onTimeout"`
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
	Limit Duration `yaml:"limit"`
}

// Monitoring is the rhythm at which the primary is watched.
type Monitoring struct {
	ProbeInterval     Duration `yaml:"probeInterval"`
	ProbeTimeout      Duration `yaml:"probeTimeout"`
	HeartbeatInterval Duration `yaml:"heartbeatInterval"`
	Confirmation      Duration `yaml:"confirmation"`
}
