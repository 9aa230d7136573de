package s3

import (
	"strings"
	"time"
)

// Expiry is a lifecycle rule, evaluated at midnight UTC.
type Expiry struct {
	Prefix     string
	Tag, Value string // only versions with this tag; "" for all
	Days       int    // a current version this old gets a delete marker (or goes, without versions); 0 for never
	Noncurrent int    // a version goes this many days after a newer one replaced it; 0 for never
	Markers    bool   // a delete marker with nothing behind it goes; only in a rule without a tag
	Uploads    int    // an unfinished multipart upload goes after this many days; 0 for never
}

// expire runs all rules of the buckets whose region lives.
func (s *Service) expire() {
	now := s.cloud.Sim.Now()
	for _, name := range s.names() {
		b := s.buckets[name]
		if !s.cloud.Alive(b.Region) {
			continue
		}
		for _, rule := range b.Lifecycle {
			for _, key := range b.sorted(rule.Prefix) {
				s.expireKey(b, key, rule, now)
			}
			for id, u := range b.uploads {
				if rule.Uploads > 0 && strings.HasPrefix(u.key, rule.Prefix) && old(u.begun, now, rule.Uploads) {
					delete(b.uploads, id)
				}
			}
		}
	}
}

func (s *Service) expireKey(b *bucket, key string, rule Expiry, now time.Time) {
	list := append([]*version(nil), b.objects[key]...)
	for i, v := range list {
		matches := rule.Tag == "" || v.tags[rule.Tag] == rule.Value && v.tags[rule.Tag] != ""
		current := i == len(list)-1
		switch {
		case !matches || v.locked(now, false) && !current:
		case !current && rule.Noncurrent > 0 && old(list[i+1].at, now, rule.Noncurrent):
			b.drop(v)
		case current && v.marker && len(b.objects[key]) == 1 && rule.Tag == "" && (rule.Days > 0 || rule.Markers):
			// An expired delete marker has nothing left behind it. Rules with a tag do not remove it.
			// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
			b.drop(v)
		case current && !v.marker && rule.Days > 0 && old(v.at, now, rule.Days):
			if b.Versioned {
				s.add(b, &version{key: key, marker: true, at: now})
			} else {
				b.drop(v)
			}
		}
	}
}

// old: the age in days, rounded up to the next midnight UTC.
func old(at, now time.Time, days int) bool {
	due := at.UTC().AddDate(0, 0, days)
	if midnight := due.Truncate(24 * time.Hour); !midnight.Equal(due) {
		due = midnight.Add(24 * time.Hour)
	}
	return !now.Before(due)
}
