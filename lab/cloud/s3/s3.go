// Package s3 models Amazon S3 as backups depend on it: versions, checksums that are really computed, conditional
// writes, Object Lock, replication with a delay, lifecycle by age and tag, and multipart uploads.
//
// It has no ACLs, bucket policies, presigned access, SELECT, website or events, and storage classes are labels: an
// archived object can be read at once. Bucket configuration is set by scenarios and not through the SDK.
package s3

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// Bucket is what Create takes. Names are global; Object Lock needs versions.
type Bucket struct {
	Name        string
	Region      string
	Versioned   bool
	Lock        bool                          // Object Lock is enabled; implies Versioned
	Retention   time.Duration                 // of every new version; 0 for none
	Mode        types.ObjectLockRetentionMode // of Retention
	Key         string                        // KMS key of SSE-KMS by default; "" is SSE-S3
	Replication []Replication
	Lifecycle   []Expiry
}

// Durations are the times that a scenario may fix; 0 means drawn.
type Durations struct {
	Replication   time.Duration
	DeleteMarkers time.Duration
}

// Service is S3 in all regions.
type Service struct {
	Durations Durations

	cloud    *cloud.Cloud
	keys     *kms.Service
	buckets  map[string]*bucket
	metrics  Metrics // where those of replication go; nil is nowhere
	versions int
}

type bucket struct {
	Bucket
	objects map[string][]*version // by key, oldest first
	keys    []string              // every key that there ever was, by bytes of UTF-8, as S3 lists
	uploads map[string]*upload
	refuses bool                         // its policy denies every write
	backlog map[string]map[*version]bool // what has still to be copied, by replication rule
}

// version is one version of an object, or a delete marker. Its fields do not change but for tags, locks, replication
// status and what a scenario tampers with.
type version struct {
	key, id     string
	body        []byte
	etag        string
	at          time.Time
	marker      bool
	tags        map[string]string
	metadata    map[string]string
	contentType string
	sum         checksum
	parts       []part
	class       types.StorageClass
	keyARN      string
	mode        types.ObjectLockRetentionMode
	until       time.Time
	hold        bool
	status      types.ReplicationStatus
}

// New models S3; SSE-KMS uses the keys.
func New(c *cloud.Cloud, keys *kms.Service) *Service {
	s := &Service{cloud: c, keys: keys, buckets: map[string]*bucket{}}
	s.registerWrites()
	s.registerReads()
	s.registerDeletes()
	s.registerLists()
	s.registerConfiguration()
	s.registerMultipart()
	// "Amazon S3 rounds the resulting time to the next day at midnight UTC".
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
	midnight := c.Sim.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
	c.Sim.Every(midnight.Sub(c.Sim.Now()), 24*time.Hour, s.expire)
	return s
}

// Create makes a bucket.
func (s *Service) Create(b Bucket) {
	if s.buckets[b.Name] != nil {
		panic(fmt.Sprintf("lab: bucket %s exists: names are global", b.Name))
	}
	b.Versioned = b.Versioned || b.Lock
	s.buckets[b.Name] = &bucket{Bucket: b, objects: map[string][]*version{}, uploads: map[string]*upload{}, backlog: map[string]map[*version]bool{}}
}

// Configure replaces a bucket's replication and lifecycle rules.
func (s *Service) Configure(name string, replication []Replication, lifecycle []Expiry) {
	b := s.must(name)
	b.Replication, b.Lifecycle = replication, lifecycle
}

func (s *Service) must(name string) *bucket {
	b := s.buckets[name]
	if b == nil {
		panic(fmt.Sprintf("lab: no bucket %s", name))
	}
	return b
}

// find is the bucket as a call at a region's endpoint sees it.
func (s *Service) find(call *cloud.Call, name *string) (*bucket, error) {
	b := s.buckets[aws.ToString(name)]
	if b == nil {
		return nil, &types.NoSuchBucket{Message: aws.String("The specified bucket does not exist")}
	}
	if b.Region != call.Region {
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
		return nil, cloud.Error("PermanentRedirect", "The bucket %s is in %s and must be addressed there, not in %s", b.Name, b.Region, call.Region)
	}
	return b, nil
}

// latest is the newest version, nil when there is none or it is a delete marker.
func (b *bucket) latest(key string) *version {
	list := b.objects[key]
	if len(list) == 0 || list[len(list)-1].marker {
		return nil
	}
	return list[len(list)-1]
}

func (b *bucket) version(key, id string) *version {
	for _, v := range b.objects[key] {
		if v.id == id {
			return v
		}
	}
	return nil
}

func (b *bucket) sorted(prefix string) []string {
	var keys []string
	from, _ := slices.BinarySearch(b.keys, prefix)
	for _, key := range b.keys[from:] {
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if len(b.objects[key]) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// know makes a key one that is listed as long as it has versions.
func (b *bucket) know(key string) {
	if at, known := slices.BinarySearch(b.keys, key); !known {
		b.keys = slices.Insert(b.keys, at, key)
	}
}

// add makes v the newest version of its key; without versions it replaces what is there.
func (s *Service) add(b *bucket, v *version) {
	b.know(v.key)
	v.id = "null"
	if b.Versioned {
		s.versions++
		v.id = fmt.Sprintf("v%030d", s.versions)
		b.objects[v.key] = append(b.objects[v.key], v)
	} else {
		b.objects[v.key] = []*version{v}
	}
	s.replicate(b, v)
}

func object(bucket, key *string) string {
	return "arn:aws:s3:::" + aws.ToString(bucket) + "/" + aws.ToString(key)
}

// either names the action for a version or for the newest one.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func either(versionID *string, action string) string {
	if versionID == nil {
		return "s3:" + action
	}
	return "s3:" + strings.Replace(action, "Object", "ObjectVersion", 1)
}

func list(bucket *string, action string) []grant.Action {
	return []grant.Action{{Name: "s3:" + action, Resource: "arn:aws:s3:::" + aws.ToString(bucket)}}
}

// absent is the answer for an object that does not exist: without s3:ListBucket, S3 does not even say that.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (s *Service) absent(call *cloud.Call, bucket, key *string, head bool) error {
	if action := list(bucket, "ListBucket")[0]; !call.Caller.Unlimited && !grant.Allowed(call.Caller.Grants, action) {
		return cloud.Error("AccessDenied", "User: %s is not authorized to perform: s3:ListBucket on resource: %s", call.Caller.Name, action.Resource)
	}
	if head {
		return &types.NotFound{Message: aws.String("Not Found")}
	}
	return &types.NoSuchKey{Message: aws.String("The specified key does not exist: " + aws.ToString(key))}
}
