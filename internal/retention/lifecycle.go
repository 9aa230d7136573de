package retention

import (
	"strings"
	"time"
)

// Expiry is one S3 lifecycle rule: on objects that carry TagKey with the value of a class, or on those below a prefix.
type Expiry struct {
	ID     string
	Class  Class  // "" for a rule by prefix
	Prefix string // "" for a rule by tag
	Days   int    // a current version gets a delete marker at the first midnight (UTC) at which it is so old
	// Noncurrent is how many days after it was replaced or hidden a version goes for good, if no Object Lock is on it.
	Noncurrent int
}

// UnfinishedUploads is after how many days the parts of a multipart upload that nobody completed go.
const UnfinishedUploads = 7

// Lifecycle are the rules of the backup buckets, which need versions and Object Lock.
//
// Each version has to be written with a lock that lasts to Until: a version that a later point of the day has replaced
// under its key is part of its own point still, and only the lock keeps lifecycle from removing it a day later ("a locked
// version of an object cannot be deleted by a S3 Lifecycle expiration policy",
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html). A version that is current is hidden
// by a delete marker in spite of its lock, hence the one more day: no object is written before the day of its point.
// For an object that is written on that day, S3's rounding and the day that follows come to 48 hours at most.
func Lifecycle(r Rules) []Expiry {
	var rules []Expiry
	for _, c := range []Class{Daily, Weekly, Monthly, ForConfiguration, ForInfrastructure} {
		rules = append(rules, Expiry{ID: "expire-" + string(c), Class: c, Days: int(r.Keep(c)/(24*time.Hour)) + 1, Noncurrent: 1})
	}
	return rules
}

// Prefixes of what is in the backup bucket and in no recovery point: work lists and answers of verifications, a folder each,
// and what CloudWatch Logs exports before a point is made of it. Step Functions and CloudWatch Logs write there too, and neither
// can give an object a tag.
const (
	Verifications = "verifications/"
	Staging       = "staging/"
)

// Passing are the rules on what is in no recovery point: nobody needs it longer than a daily point, or than the bucket's own lock.
func Passing(r Rules) []Expiry {
	var rules []Expiry
	for _, prefix := range []string{Verifications, Staging} {
		rules = append(rules, Expiry{ID: "expire-" + strings.TrimSuffix(prefix, "/"), Prefix: prefix, Days: int(r.Keep(Daily)/(24*time.Hour)) + 1, Noncurrent: 1})
	}
	return rules
}
