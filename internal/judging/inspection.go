package judging

// Inspection is what one region's data look like from within: database, files, backups, and what they hang on.
type Inspection struct {
	Findings  map[string]Finding `json:"findings"`  // by check
	NotJudged []string           `json:"notJudged"` // checks that another one has to pass before: its finding stands for them
	Facts     map[string]string  `json:"facts"`     // what may change without being wrong
	BackingUp bool               `json:"backingUp"` // a promotion would wait for the replica's backup
	// DatabaseLossSeconds and FilesLossSeconds are upper bounds of what a failover would lose now, null when they are unknown.
	DatabaseLossSeconds *float64 `json:"databaseLossSeconds"`
	FilesLossSeconds    *float64 `json:"filesLossSeconds"`
}
