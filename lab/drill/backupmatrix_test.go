package drill

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/retention"
)

// circumstances are what each kind of backup has to come through.
var circumstances = []string{
	"normal", "source changing meanwhile", "source unreachable", "destination denied", "killed", "throttled", "replication late",
	"key missing in the recovery region", "snapshot quota reached", "export task already running", "parameter changed during the backup",
	"two runs at once", "clock skew", "a slot missed",
}

// no begins a cell that has no scenario, and says why.
const no = "none: "

const (
	noSnapshot  = no + "it takes no snapshot"
	noExport    = no + "it exports nothing from CloudWatch Logs"
	noParameter = no + "it reads no parameter"
	inTheMonth  = "TestAMonthOfSchedules"
)

// matrix is kinds by circumstances: the scenarios of each cell, or why there can be none.
var matrix = map[string]map[string]string{
	retention.ApplicationData: {
		"normal": "backup-data backup-data-from-bucket backup-data-long keep-last-verified", "source changing meanwhile": "backup-data-changing",
		"source unreachable": "backup-data-unreachable", "destination denied": "backup-data-denied", "killed": "backup-data backup-data-long", "throttled": "backup-data-throttled",
		"replication late": "backup-daily-copies-late", "key missing in the recovery region": "backup-daily-copies-without-key",
		"snapshot quota reached": noSnapshot, "export task already running": noExport, "parameter changed during the backup": noParameter,
		"two runs at once": "backup-data-twice", "clock skew": "backup-data-skew", "a slot missed": inTheMonth,
	},
	retention.Configuration: {
		"normal": "backup-configuration", "source changing meanwhile": "backup-configuration-on-change",
		"source unreachable": "backup-configuration-unreachable", "destination denied": "backup-configuration-denied backup-configuration-recovery-down",
		"killed": "backup-configuration", "throttled": "backup-configuration-throttled",
		"replication late": "backup-daily-copies-late", "key missing in the recovery region": "backup-configuration-key-missing backup-daily-copies-without-key",
		"snapshot quota reached": noSnapshot, "export task already running": noExport, "parameter changed during the backup": "backup-configuration-on-change",
		"two runs at once": "backup-configuration-twice", "clock skew": "backup-configuration-skew", "a slot missed": inTheMonth,
	},
	retention.Infrastructure: {
		"normal": "backup-infrastructure", "source changing meanwhile": "backup-infrastructure-on-deployment",
		"source unreachable": "backup-infrastructure-unreachable backup-infrastructure-recovery-down backup-infrastructure-commit-missing backup-infrastructure-commit-unknown backup-infrastructure-token-refused",
		"destination denied": "backup-infrastructure-denied", "killed": "backup-infrastructure", "throttled": "backup-infrastructure-throttled",
		"replication late": "backup-daily-copies-late", "key missing in the recovery region": "backup-daily-copies-without-key",
		"snapshot quota reached": noSnapshot, "export task already running": noExport, "parameter changed during the backup": noParameter + ": those of stacks change with a deployment",
		"two runs at once": "backup-infrastructure-twice", "clock skew": "backup-infrastructure-skew",
		"a slot missed": no + "it has no slots: a deployment starts it, and a backup that fails is an alarm",
	},
	retention.Database: {
		"normal": "backup-database prune-snapshots", "source changing meanwhile": no + "RDS cuts the snapshot at one moment, whatever is written",
		"source unreachable": "backup-database-unreachable", "destination denied": "backup-database-denied", "killed": "backup-database", "throttled": "backup-database-throttled",
		"replication late": "backup-database-replication-late backup-database-replication-stopped", "key missing in the recovery region": "backup-database-key-missing backup-daily-one-fails",
		"snapshot quota reached": "backup-database-quota backup-daily-all-fail", "export task already running": noExport, "parameter changed during the backup": noParameter,
		"two runs at once": "backup-database-twice", "clock skew": "backup-database-skew", "a slot missed": inTheMonth,
	},
	retention.Logs: {
		"normal": "backup-logs", "source changing meanwhile": no + "what is exported is twelve hours old and grows no more",
		"source unreachable": "backup-logs-unreachable", "destination denied": "backup-logs-denied", "killed": "backup-logs", "throttled": "backup-logs-throttled",
		"replication late": "backup-daily-copies-late", "key missing in the recovery region": "backup-daily-copies-without-key",
		"snapshot quota reached": noSnapshot, "export task already running": "backup-logs-export-running backup-logs-export-fails", "parameter changed during the backup": noParameter,
		"two runs at once": "backup-logs-twice", "clock skew": "backup-logs-skew", "a slot missed": inTheMonth,
	},
}

// beside are the scenarios of backups that are about all kinds together.
var beside = []string{"backup-daily", "backup-daily-infrastructure-fails", "backup-on-standby", "backups-follow-the-active-region"}

// TestEveryKindMeetsEveryCircumstance: every cell of the matrix has scenarios that exist and judge that kind's backup, or says
// why it has none; a kill is in the sweep; and no scenario of backups is left out.
func TestEveryKindMeetsEveryCircumstance(t *testing.T) {
	swept, err := os.ReadFile("killedbackups_test.go")
	if err != nil {
		t.Fatal(err)
	}
	used := slices.Clone(beside)
	for _, kind := range retention.Kinds {
		if len(matrix[kind]) != len(circumstances) {
			t.Errorf("%s has %d circumstances, and there are %d", kind, len(matrix[kind]), len(circumstances))
		}
		for _, circumstance := range circumstances {
			cell := matrix[kind][circumstance]
			if cell == "" {
				t.Errorf("%s, %s: nothing is said", kind, circumstance)
			}
			if strings.HasPrefix(cell, no) || cell == inTheMonth { // which checks by itself that every kind with a schedule lost a slot
				continue
			}
			for _, name := range strings.Fields(cell) {
				used = append(used, name)
				s, err := Find(name)
				if err != nil {
					t.Errorf("%s, %s: %v", kind, circumstance, err)
					continue
				}
				if m := s.Machine(); m != "backup-daily" && m != machineOf[kind] {
					t.Errorf("%s, %s: %s judges %s", kind, circumstance, name, m)
				}
				if circumstance == "killed" && !strings.Contains(string(swept), `{"`+name+`", `) {
					t.Errorf("%s: %s is not in the sweep of kills", kind, name)
				}
			}
		}
	}
	for _, s := range Scenarios() {
		if strings.HasPrefix(s.Machine(), "backup-") && !slices.Contains(used, s.Name) {
			t.Errorf("%s is in no cell", s.Name)
		}
	}
}

var machineOf = map[string]string{
	retention.ApplicationData: "backup-data", retention.Configuration: "backup-configuration", retention.Infrastructure: "backup-infrastructure",
	retention.Database: "backup-database", retention.Logs: "backup-logs",
}
