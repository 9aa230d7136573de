package readiness

import (
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/retention"
)

// backupRules: one for each kind of recovery points.
func backupRules() []rule {
	rules := []rule{{
		name:   "snapshot-copies",
		why:    "A replica is no backup: corruption replicates. The snapshots here are what is left when both databases are wrong.",
		next:   "run backup-database in the active region and read what it says of the copy",
		forced: incident.NotHindered + "if the replica turns out to be wrong too, there is no recent snapshot here",
	}}
	for _, kind := range []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure, retention.Logs} {
		rules = append(rules, rule{
			name:   "recovery-point-" + kind,
			why:    "The newest verified recovery point of " + kind + " in this region's bucket is what can be restored without the other region.",
			next:   "run the backup of " + kind + " in the active region and verify it; when it is fresh there, look at the replication of the bucket",
			forced: incident.NotHindered + "what has to be restored of " + kind + " afterwards is older than its objective",
		})
	}
	return rules
}
