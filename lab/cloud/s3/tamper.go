package s3

import (
	"bytes"
	"fmt"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Object is what a scenario sees of a version.
type Object struct {
	Key, Version string
	Body         []byte
	At           time.Time
	Tags         map[string]string
	DeleteMarker bool
	Replication  types.ReplicationStatus
	LockedUntil  time.Time
}

func (s *Service) names() []string {
	var names []string
	for name := range s.buckets {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Put writes an object as a scenario, past permissions, and gives its version id.
func (s *Service) Put(bucket, key string, body []byte) string {
	b := s.must(bucket)
	v := &version{key: key, body: bytes.Clone(body), etag: etag(body), at: s.cloud.Sim.Now(), sum: full(types.ChecksumAlgorithmCrc64nvme, body)}
	if b.Key != "" {
		arn, err := s.encrypt(b, b.Key)
		if err != nil {
			panic(fmt.Sprintf("lab: key of bucket %s: %v", bucket, err))
		}
		v.keyARN = arn
	}
	if err := s.lock(b, v, "", nil, ""); err != nil {
		panic(fmt.Sprintf("lab: put %s in %s: %v", key, bucket, err))
	}
	s.add(b, v)
	return v.id
}

// Objects are the current objects of a bucket, by key; nil when there is no such bucket.
func (s *Service) Objects(bucket string) []Object {
	b := s.buckets[bucket]
	if b == nil {
		return nil
	}
	var out []Object
	for _, key := range b.sorted("") {
		if v := b.latest(key); v != nil {
			out = append(out, v.shown())
		}
	}
	return out
}

// Versions are all versions and delete markers of a key, oldest first.
func (s *Service) Versions(bucket, key string) []Object {
	var out []Object
	for _, v := range s.must(bucket).objects[key] {
		out = append(out, v.shown())
	}
	return out
}

func (v *version) shown() Object {
	tags := map[string]string{}
	for _, t := range v.tagSet() {
		tags[*t.Key] = *t.Value
	}
	return Object{Key: v.key, Version: v.id, Body: bytes.Clone(v.body), At: v.at, Tags: tags, DeleteMarker: v.marker, Replication: v.status, LockedUntil: v.until}
}

// Corrupt flips a bit in the middle of the newest version behind S3's back: length, ETag and checksums stay.
func (s *Service) Corrupt(bucket, key string) {
	v := s.current(bucket, key)
	v.body = bytes.Clone(v.body)
	v.body[len(v.body)/2] ^= 1
}

// Truncate cuts the newest version to size bytes behind S3's back.
func (s *Service) Truncate(bucket, key string, size int) {
	v := s.current(bucket, key)
	v.body = bytes.Clone(v.body[:min(size, len(v.body))])
}

// Remove makes all versions of a key vanish behind S3's back, locked or not.
func (s *Service) Remove(bucket, key string) { delete(s.must(bucket).objects, key) }

func (s *Service) current(bucket, key string) *version {
	v := s.must(bucket).latest(key)
	if v == nil || len(v.body) == 0 {
		panic(fmt.Sprintf("lab: no bytes under %s in %s", key, bucket))
	}
	return v
}
