package backup

// Depth is how deep a verification looks.
type Depth string

// The depths.
const (
	// Attributes compares size and the SHA-256 that S3 keeps with the manifest: no data is read. S3 computed that digest
	// when the object came, so damage behind its back does not show.
	Attributes Depth = "attributes"
	// Content streams every byte and hashes it.
	Content Depth = "content"
)

// Verdict is what was found out about one object.
type Verdict string

// The verdicts. Only Pass is good; Unknown is what could not be read or has nothing to compare.
const (
	Pass     Verdict = "pass"
	Mismatch Verdict = "mismatch"
	Missing  Verdict = "missing"
	Extra    Verdict = "extra"
	Unknown  Verdict = "unknown"
)

// busy is Unknown while it is not known for good: S3 asked for patience or a connection broke.
const busy Verdict = "busy"

// Finding is the verdict on one object, or on a range of parts of a large one.
type Finding struct {
	Key       string  `json:"key"`
	VersionID string  `json:"versionId,omitempty"`
	Verdict   Verdict `json:"verdict"`
	Detail    string  `json:"detail,omitempty"` // "" for pass
}

// Tally counts verdicts. A large object that is verified in several batches counts in the one with its first part.
type Tally struct {
	Objects  int   `json:"objects"` // that were to be verified
	Bytes    int64 `json:"bytes"`   // of them
	Pass     int   `json:"pass"`
	Mismatch int   `json:"mismatch"`
	Missing  int   `json:"missing"`
	Extra    int   `json:"extra"`
	Unknown  int   `json:"unknown"`
	Again    int   `json:"-"` // of the unknown: those that may be known when S3 is asked again
}

// Good tells whether everything passed.
func (t Tally) Good() bool { return t.Pass == t.Objects && t.Mismatch+t.Missing+t.Extra+t.Unknown == 0 }

// Add puts another tally to this one.
func (t *Tally) Add(other Tally) {
	t.Objects += other.Objects
	t.Bytes += other.Bytes
	t.Pass += other.Pass
	t.Mismatch += other.Mismatch
	t.Missing += other.Missing
	t.Extra += other.Extra
	t.Unknown += other.Unknown
	t.Again += other.Again
}

func (t *Tally) count(v Verdict) {
	switch v {
	case Pass:
		t.Pass++
	case Mismatch:
		t.Mismatch++
	case Missing:
		t.Missing++
	case Extra:
		t.Extra++
	default:
		t.Unknown++
	}
}
