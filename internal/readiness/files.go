package readiness

func fileRules() []rule {
	return []rule{
		{
			name:   "file-system-replication",
			why:    "The files under /app/data reach this region by EFS replication alone.",
			next:   "replicate the active region's file system into this one (aws efs create-replication-configuration)",
			forced: "the services come back without the application data, which have to be restored from the last recovery point",
		},
		{
			name:   "file-system-sync",
			why:    "What was written after the last finished sync is lost.",
			next:   "look at the replication's status in EFS; many small changes, or a key that is not usable, hold it back",
			forced: "the loss of files is above the objective, so a person is asked before the file system is promoted",
		},
	}
}
