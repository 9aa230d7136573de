package restore

// Step is one step of a restore and how long it takes, in seconds.
type Step struct {
	Name        string `json:"name"`
	LowSeconds  int    `json:"lowSeconds"`
	HighSeconds int    `json:"highSeconds"`
	Stopped     bool   `json:"stopped"` // the services do not run meanwhile
	Source      string `json:"source"`
}

// Where the ranges come from.
const (
	documented = "documented by AWS"
	guessed    = "a guess of the lab: AWS publishes none"
)

// Steps are the steps of a database restore in their order. The ranges are those that the lab draws from; a test holds
// the two together. Approval is not in them: it takes as long as a person takes.
func Steps(mode Mode, storageGiB int) []Step {
	restore := Step{Name: "restore the database under a new name, first backup included", LowSeconds: 8*60 + storageGiB + 60, HighSeconds: 20*60 + 2*storageGiB + 4*60, Source: guessed}
	check := Step{Name: "check it by content", LowSeconds: 1, HighSeconds: 15, Source: guessed}
	if mode == Beside {
		return []Step{restore, check}
	}
	restore.Stopped, check.Stopped = true, true
	// "The new DNS name becomes effective in about 10 minutes":
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
	const renameLow, renameHigh = 8 * 60, 12 * 60
	return []Step{
		{Name: "take and verify a safety snapshot", LowSeconds: 60 + storageGiB, HighSeconds: 3*60 + 2*storageGiB, Source: guessed},
		{Name: "stop the services", LowSeconds: 6, HighSeconds: 40, Stopped: true, Source: guessed},
		restore, check,
		{Name: "keep the old database under another name", LowSeconds: renameLow, HighSeconds: renameHigh, Stopped: true, Source: documented},
		{Name: "put the restored database in its place", LowSeconds: renameLow, HighSeconds: renameHigh, Stopped: true, Source: documented},
		{Name: "start the services by tier, and validate", LowSeconds: 60, HighSeconds: 4 * 60, Stopped: true, Source: guessed},
		{Name: "rebuild the replica, its first backup included", LowSeconds: renameLow + 8*60 + 60 + 15, HighSeconds: renameHigh + 20*60 + 4*60 + 60, Source: guessed},
	}
}
