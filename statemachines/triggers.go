package statemachines

import "strings"

// Schedule starts a machine by the clock, in the region that is active.
type Schedule struct {
	Name       string // after the environment's prefix
	Machine    string
	Expression string // of EventBridge Scheduler, UTC
	Input      string // EventBridge Scheduler replaces <aws.scheduler...> in it
}

// slot is the input by which an execution knows the time that it was scheduled for: success is counted by slots.
const slot = `"slot":"<aws.scheduler.scheduled-time>"`

// Schedules are all schedules of machines.
//
// The slot at midnight is the daily run's, which begins the day's chain with a full point; the other 95 slots of 15 minutes
// are incremental. The snapshots of every six hours keep two hours clear of it and of RDS's own backup window.
func Schedules() []Schedule {
	return []Schedule{
		{"backup-daily", "backup-daily", "cron(0 0 * * ? *)", `{"reason":"daily",` + slot + `}`},
		{"backup-data-first-hour", "backup-data", "cron(15,30,45 0 * * ? *)", `{"reason":"every 15 minutes",` + slot + `}`},
		{"backup-data", "backup-data", "cron(0/15 1-23 * * ? *)", `{"reason":"every 15 minutes",` + slot + `}`},
		// What size and time do not show (a damaged disk, a tool that sets times back) is found by content, once a week.
		{"backup-data-by-content", "backup-data", "cron(7 4 ? * SUN *)", `{"reason":"weekly, by content","checksum":true,` + slot + `}`},
		// Each point of the day is compared with what S3 states of it before the next one is due: the RPO counts from the
		// newest point that is verified. Its input names no slot, since the machine takes none.
		{"verify-data", "verify-backup", "cron(10/15 * * * ? *)", `{"depth":"attributes"}`},
		// The procedures' monthly check of integrity: every byte of the newest point, and the chain of the whole month.
		{"verify-month", "verify-backup", "cron(40 5 1 * ? *)", `{"depth":"content","chainDays":32}`},
		{"backup-database", "backup-database", "cron(0 2/6 * * ? *)", `{"reason":"every six hours","class":"automated",` + slot + `}`},
		// The procedures ask for a test restore once a month; a month is long to live with a backup that does not restore. After
		// the maintenance window of Sunday, and clear of the backups.
		{"test-restore", "test-restore", "cron(20 6 ? * SUN *)", `{"reason":"weekly"}`},
	}
}

// deployed is a stack that was made or updated; one that was rolled back is as it was.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html
const deployed = `{"source":["aws.cloudformation"],"detail-type":["CloudFormation Stack Status Change"],` +
	`"detail":{"stack-id":[{"wildcard":"arn:aws:cloudformation:*:stack/PREFIX-*"}],"status-details":{"status":["CREATE_COMPLETE","UPDATE_COMPLETE","IMPORT_COMPLETE"]}}}`

// Rule starts a machine by an event, in the region that is active.
type Rule struct {
	Name    string // after the environment's prefix
	Machine string
	// Forward has the rule send events from the region that stands by to the active one, whose own rule starts the machine:
	// it is enabled where the others are not.
	Forward bool
	pattern string
}

// Enabled tells whether a rule is enabled in a region that is active or not.
func (r Rule) Enabled(active bool) bool { return active != r.Forward }

// Rules are all rules that start backups.
func Rules() []Rule {
	return []Rule{
		// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
		{"parameter-changed", "backup-configuration", false, `{"source":["aws.ssm"],"detail-type":["Parameter Store Change"],"detail":{"name":[{"prefix":"PARAMETERS/"}]}}`},
		{"deployed", "backup-infrastructure", false, deployed},
		// The other region is deployed to as well, and its events stay there unless they are sent on.
		{"deployed-on-standby", "backup-infrastructure", true, deployed},
	}
}

// Pattern is the event pattern of a rule, for the parameters below a path and the stacks of a prefix.
func (r Rule) Pattern(parameters, prefix string) string {
	return strings.NewReplacer("PARAMETERS", parameters, "PREFIX", prefix).Replace(r.pattern)
}
