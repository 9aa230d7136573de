package restore

// Step is one step of a restore and how long it takes, in seconds.
type Step struct {
	Name        string `json:"name"`
	LowSeconds  int    `json:"lowSeconds"`
	HighSeconds int    `json:"highSeconds"`
	Stopped     bool   `json:"stopped"`  // the services do not run meanwhile
	Parallel    bool   `json:"parallel"` // at the same time as the steps beside it that are so
	Source      string `json:"source"`
	// The states of the machine between whose first visits the step lies; a past execution tells what it took.
	Begins string `json:"begins"`
	Ends   string `json:"ends"`
}

// Where the ranges come from.
const (
	documented = "documented by AWS"
	guessed    = "a guess of the lab: AWS publishes none"
)

// Of data, in bytes per second: what a function reads from S3 and writes to a file system, and the overhead of a start.
const (
	slowData, fastData = 20 << 20, 200 << 20
	starts             = 30 // seconds
)

// Steps are the steps of a plan's restore in their order; parts are restored at the same time. The ranges are those that
// the lab draws from; a test holds the two together. Approval is not in them: it takes as long as a person takes.
func Steps(p Plan, storageGiB int) []Step {
	var steps []Step
	before, restored := "take and verify a safety point", []Step{}
	if p.Database {
		before = "take and verify a safety snapshot"
	}
	if p.Data != nil {
		restored = append(restored, Step{Name: "restore the application data", Begins: "RestoreData", Ends: "DataEnd", LowSeconds: 1 + int(p.Data.Bytes/fastData), HighSeconds: starts + int(p.Data.Bytes/slowData), Parallel: true, Source: guessed})
	}
	if p.Configuration != nil {
		restored = append(restored, Step{Name: "restore the configuration", Begins: "RestoreConfiguration", Ends: "ConfigurationEnd", LowSeconds: 1, HighSeconds: starts, Parallel: true, Source: guessed})
	}
	if p.Database {
		restored = append(restored,
			Step{Name: "restore the database under a new name, first backup included", Begins: "RestoreDatabase", Ends: "CheckContent", LowSeconds: 8*60 + storageGiB + 60, HighSeconds: 20*60 + 2*storageGiB + 4*60, Parallel: true, Source: guessed},
			Step{Name: "check it by content", Begins: "CheckContent", Ends: "DatabaseEnd", LowSeconds: 1, HighSeconds: 15, Source: guessed})
	}
	if p.Mode == Beside {
		return restored
	}
	safety := Step{Name: before, Begins: "TakeSafety", Ends: "StopServices", LowSeconds: 1, HighSeconds: starts, Source: guessed}
	if p.Database {
		safety.LowSeconds, safety.HighSeconds = 60+storageGiB, 3*60+2*storageGiB
	}
	steps = append(steps, safety, Step{Name: "stop the services", Begins: "StopServices", Ends: "RestoreParts", LowSeconds: 6, HighSeconds: 40, Source: guessed, Stopped: true})
	for _, step := range restored {
		step.Stopped = true
		steps = append(steps, step)
	}
	// "The new DNS name becomes effective in about 10 minutes":
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
	const renameLow, renameHigh = 8 * 60, 12 * 60
	if p.Database {
		steps = append(steps,
			Step{Name: "keep the old database under another name", Begins: "KeepOld", Ends: "PutInPlace", LowSeconds: renameLow, HighSeconds: renameHigh, Stopped: true, Source: documented},
			Step{Name: "put the restored database in its place", Begins: "PutInPlace", Ends: "StartCritical", LowSeconds: renameLow, HighSeconds: renameHigh, Stopped: true, Source: documented})
	}
	steps = append(steps, Step{Name: "start the services by tier, and validate", Begins: "StartCritical", Ends: "RebuildParts", LowSeconds: 60, HighSeconds: 4 * 60, Stopped: true, Source: guessed})
	if p.Database {
		steps = append(steps, Step{Name: "rebuild the replica, its first backup included", Begins: "RebuildReplica", Ends: "ReplicaRebuilt", LowSeconds: renameLow + 8*60 + 60 + 15, HighSeconds: renameHigh + 20*60 + 4*60 + 60, Parallel: true, Source: guessed})
	}
	if p.Data != nil && p.Data.To == Files {
		// "RPO of 15 minutes for most file systems": https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html
		steps = append(steps, Step{Name: "wait until the other region has the restored files", Begins: "RebuildFiles", Ends: "FilesRebuilt", LowSeconds: 60, HighSeconds: 15 * 60, Parallel: true, Source: documented})
	}
	return steps
}
