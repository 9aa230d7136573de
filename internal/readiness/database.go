package readiness

import "github.com/acso/disaster-recovery/internal/incident"

func databaseRules() []rule {
	return []rule{
		{
			name: "replica-exists", blocks: true,
			why:    "A failover promotes the replica; nothing else of the region has the data of the last seconds.",
			next:   "build a replica here from the active database (rebuildreplica does it after a restore, failback after a failover)",
			forced: "there is nothing to promote: the database has to be restored from a recovery point, which takes the better part of an hour and loses everything since that point",
		},
		{
			name: "replica-source", blocks: true,
			why:    "A replica of another instance than the one that serves would bring the wrong data.",
			next:   "delete it and build a replica of the active database",
			forced: "clients get the data of another database",
		},
		{
			name: "replica-state", blocks: true,
			why:    "RDS promotes a replica only while it is available: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html.",
			next:   "read the RDS events of the replica; rebuild it when nothing leads back to available",
			forced: "RDS refuses the promotion, and the failover ends without having changed data",
		},
		{
			name:   "replica-replicating",
			why:    "A replica whose replication ended with an error stays available and falls further behind with each second.",
			next:   "read the RDS events of the replica, then build it anew",
			forced: "everything since the replication ended is lost",
		},
		{
			name:   "replica-backup",
			why:    "The promoted database has to be restorable from its first minute, and promotion is refused without a completed backup.",
			next:   "take a backup of the replica now (aws rds create-db-snapshot), and set its backup retention to at least a day",
			forced: "the promotion is refused; without that check the new primary would have no backup until its first window",
		},
		{
			name:   "replica-class",
			why:    "The promoted replica carries the whole load of production.",
			next:   "change the replica's class to database.instanceClass of the environment file",
			forced: "the new primary is too small for the load; enlarging it later costs an outage of minutes",
		},
		{
			name:   "replica-key",
			why:    "The replica is encrypted under the key that this project watches; another one could be disabled unseen.",
			next:   "rebuild the replica under database.keys of the environment file, or correct the environment file",
			forced: "the database works as long as the other key does, which nobody watches",
		},
		{
			name:   "replica-lag",
			why:    "What the replica does not have is lost: the bound is the age of the newest replicated heartbeat, since ReplicaLag grows in an outage.",
			next:   "find out what holds the replica back: long queries on it, a write peak, its class; a rebuild helps when it never catches up",
			forced: "the loss is above policies.lag.limit or unknown, so a person is asked before the promotion",
		},
		{
			name:   "replica-lag-metric",
			why:    "The alarm on the lag sees only what RDS publishes; no data point, and -1, are unknown and not zero.",
			next:   "read the RDS events of the replica; -1 means that the replication is not active",
			forced: incident.NotHindered + "until it is back, nobody is told when the replica falls behind",
		},
		{
			name:   "automated-backups",
			why:    "RDS's own backups of the active database are replicated here: the way back when a mistake was replicated too.",
			next:   "aws rds start-db-instance-automated-backups-replication here, with the key of this region",
			forced: incident.NotHindered + "after it, no moment of the past can be restored here but those of snapshots",
		},
	}
}
