package retention_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/sim"
)

// shelf is a backup bucket in the lab with the lifecycle rules, and what the solver says of each version in it.
type shelf struct {
	*testing.T
	sim     *sim.Sim
	client  *awss3.Client
	rules   retention.Rules
	points  []retention.Point
	parts   map[string][]string // versions of stored objects, by the points that they are part of
	newest  time.Time
	present map[string]bool // versions that are stored now
	hidden  map[string]bool // of those, the ones that are not current
}

func newShelf(t *testing.T, rules retention.Rules) *shelf {
	clock := sim.New(1)
	c := cloud.New(clock, "111122223333", "us-east-1")
	service := s3.New(c, kms.New(c))
	var expiries []s3.Expiry
	for _, e := range retention.Lifecycle(rules) {
		expiries = append(expiries, s3.Expiry{Tag: retention.TagKey, Value: string(e.Class), Days: e.Days, Noncurrent: e.Noncurrent})
	}
	service.Create(s3.Bucket{Name: "backups", Region: "us-east-1", Lock: true, Lifecycle: append(expiries, s3.Expiry{Markers: true})})
	config := c.Config(cloud.Principal{Name: "backup", Region: "us-east-1", Unlimited: true})
	return &shelf{T: t, sim: clock, client: awss3.NewFromConfig(config), rules: rules, parts: map[string][]string{}}
}

// run is a backup that writes some keys and refers to versions of earlier points of the day.
func (s *shelf) run(keys []string, refers ...int) {
	now := s.sim.Now()
	tags := retention.Tags(retention.ApplicationData, now, s.newest)
	s.newest = now
	class := retention.Class(tags[retention.TagKey])
	p := retention.Point{ID: now.Format("2006/01/02/manifests/150405.json"), Kind: retention.ApplicationData, Class: class, Taken: now}
	for _, back := range refers {
		p.Refers = append(p.Refers, s.points[len(s.points)-back].ID)
	}
	for _, key := range keys {
		out, err := s.client.PutObject(context.Background(), &awss3.PutObjectInput{
			Bucket: aws.String("backups"), Key: aws.String(now.Format("2006/01/02/application-data/") + key), Body: strings.NewReader(p.ID),
			Tagging:        aws.String(url.QueryEscape(retention.TagKey) + "=" + string(class)),
			ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: aws.Time(s.rules.Until(class, now)),
		})
		if err != nil {
			s.Fatal(err)
		}
		s.parts[p.ID] = append(s.parts[p.ID], *out.VersionId)
	}
	s.points = append(s.points, p)
}

func (s *shelf) look() {
	s.present, s.hidden = map[string]bool{}, map[string]bool{}
	in := &awss3.ListObjectVersionsInput{Bucket: aws.String("backups")}
	for {
		out, err := s.client.ListObjectVersions(context.Background(), in)
		if err != nil {
			s.Fatal(err)
		}
		for _, v := range out.Versions {
			s.present[*v.VersionId], s.hidden[*v.VersionId] = true, !*v.IsLatest
		}
		if !*out.IsTruncated {
			return
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

// judge compares what is stored with the solver. The newest point, and what it refers to, stay without end by the solver
// and go by lifecycle, so they are left out: what keeps them in the bucket is a lock that is renewed.
func (s *shelf) judge() (gone int) {
	s.look()
	now := s.sim.Now()
	for _, d := range retention.Solve(s.rules, s.points, now) {
		if d.Until.IsZero() {
			continue
		}
		for _, version := range s.parts[d.ID] {
			switch {
			case d.Keep && !s.present[version]:
				s.Fatalf("%s: an object of %s, which stays until %s (%s), is gone", now, d.ID, d.Until, d.Why)
			case !d.Keep && now.Sub(d.Until) > 48*time.Hour && s.present[version]:
				s.Fatalf("%s: an object of %s is there %s after it could go", now, d.ID, now.Sub(d.Until))
			case !s.present[version]:
				gone++
			}
		}
	}
	return gone
}

// TestLifecycleKeepsWhatTheSolverKeeps lives through months of backups with outages, and looks at the bucket before and
// after every midnight, when lifecycle runs: nothing goes early and nothing stays two days longer.
func TestLifecycleKeepsWhatTheSolverKeeps(t *testing.T) {
	for _, keep := range [][3]int{{30, 90, 170}, {3, 10, 62}, {1, 7, 31}} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			e := *production(t)
			span := func(days int) environment.Duration { return environment.Duration(time.Duration(days) * day) }
			e.Backup.Data.Daily, e.Backup.Data.Weekly, e.Backup.Data.Monthly = span(keep[0]), span(keep[1]), span(keep[2])
			s := newShelf(t, retention.From(&e))
			gone := 0
			for midnight := sim.Epoch.Truncate(day).Add(day); midnight.Before(sim.Epoch.Add(time.Duration(keep[2]+60) * day)); midnight = midnight.Add(day) {
				s.sim.Run(midnight, nil)
				random := s.sim.Rand("outage")
				if random.IntN(8) > 0 { // sometimes a whole day is lost
					s.sim.Run(midnight.Add(time.Duration(random.IntN(2))*7*time.Hour), nil)
					s.run([]string{"a", "b"})
					s.sim.Run(midnight.Add(10*time.Hour+15*time.Minute), nil)
					s.run([]string{"a"}, 1) // the full's version of a is replaced and part of the full still
					s.sim.Run(midnight.Add(23*time.Hour+45*time.Minute), nil)
					s.run([]string{"c"}, 1, 2)
					s.judge()
				}
				s.sim.Run(midnight.Add(day-time.Second), nil)
				gone = s.judge()
			}
			if gone < 100 {
				t.Errorf("only %d versions have ever gone", gone)
			}
		})
	}
}

func TestLifecycleRulesAreThePromises(t *testing.T) {
	want := map[retention.Class]int{
		retention.Daily: 31, retention.Weekly: 373, retention.Monthly: 7*366 + 1, retention.ForConfiguration: 91, retention.ForInfrastructure: 373,
	}
	rules := retention.Lifecycle(retention.From(production(t)))
	for _, r := range rules {
		if r.Days != want[r.Class] || r.Noncurrent != 1 {
			t.Errorf("%+v, want %d days", r, want[r.Class])
		}
	}
	if len(rules) != len(want) {
		t.Errorf("%d rules for %d classes", len(rules), len(want))
	}
}

// TestWhatIsInNoPointGoes: work files outlive the lock that the bucket puts on everything, and no rule by prefix can meet a point,
// whose keys begin with a year.
func TestWhatIsInNoPointGoes(t *testing.T) {
	e := production(t)
	rules := retention.Passing(retention.From(e))
	for _, r := range rules {
		if locked := int(e.Backup.Data.Daily.Days()); r.Days <= locked || r.Noncurrent != 1 || r.Class != "" {
			t.Errorf("%+v, and the lock of the bucket lasts %d days", r, locked)
		}
		if strings.HasPrefix(manifest.Day(time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)), r.Prefix[:1]) || !strings.HasSuffix(r.Prefix, "/") {
			t.Errorf("%q could be the beginning of a day", r.Prefix)
		}
	}
	if len(rules) != 2 {
		t.Errorf("%d rules", len(rules))
	}
}
