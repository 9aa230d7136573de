package prunesnapshots_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions/prunesnapshots"
	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/sim"
)

const east, west = "us-east-1", "us-west-2"

type keys struct{}

func (keys) Resolve(region, _ string) (string, error) {
	return "arn:aws:kms:" + region + ":111122223333:key/1", nil
}

type surroundings struct{}

func (surroundings) Open(string, string) bool                                { return true }
func (surroundings) BeforeChange(func())                                     {}
func (surroundings) Publish(string, string, string, string, string, float64) {}

type world struct {
	*testing.T
	env   *environment.Environment
	sim   *sim.Sim
	cloud *cloud.Cloud
	rds   *rds.Service
	run   func(region string, apply bool) (prunesnapshots.Output, error)
}

func begin(t *testing.T) *world {
	t.Helper()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clock := sim.New(1)
	c := cloud.New(clock, e.Account, east, west)
	kms.New(c)
	cloudwatch.New(c, sns.New(c))
	w := &world{T: t, env: e, sim: clock, cloud: c, rds: rds.New(c, keys{}, surroundings{}, surroundings{})}
	for _, region := range []string{east, west} {
		w.rds.Create(region, rds.Setup{ID: e.DatabaseIn(region), Key: "k", Retention: 1, Window: e.Database.BackupWindow})
		w.rds.SetSnapshotQuota(region, 700)
	}
	w.run = func(region string, apply bool) (out prunesnapshots.Output, err error) {
		h := prunesnapshots.New(platform.Platform{
			AWS:         c.Config(cloud.Principal{Name: "prunesnapshots", Region: region, Grants: prunesnapshots.Grants(e, region)}),
			Environment: e, Clock: clock,
		})
		done := false
		clock.Go(context.Background(), func(ctx context.Context) {
			out, err = h.Handle(ctx, prunesnapshots.Input{Apply: apply})
		}, func(bool) { done = true })
		clock.Run(clock.Now().Add(time.Hour), func() bool { return done })
		return out, err
	}
	return w
}

// name is that of a snapshot taken so many days and hours ago.
func (w *world) name(days, hours int) (string, time.Time) {
	at := sim.Epoch.Truncate(24*time.Hour).AddDate(0, 0, -days).Add(time.Duration(hours) * time.Hour)
	return w.env.Database.Identifier + "-" + at.Format("20060102-150405") + "-01234567", at
}

// put lays a snapshot into the regions.
func (w *world) put(days, hours int, regions ...string) string {
	name, at := w.name(days, hours)
	for _, region := range regions {
		id := name
		if region == west {
			id += catalog.CopySuffix
		}
		w.rds.PutSnapshot(region, id, w.env.DatabaseIn(region), at)
	}
	return name
}

func (w *world) manual(region string) (names []string) {
	for _, s := range w.rds.Snapshots(region) {
		if strings.HasPrefix(s.ID, w.env.Database.Identifier+"-2") {
			names = append(names, strings.TrimSuffix(s.ID, catalog.CopySuffix))
		}
	}
	return names
}

func names(list []prunesnapshots.Snapshot) (names []string) {
	for _, s := range list {
		names = append(names, strings.TrimSuffix(s.Name, catalog.CopySuffix))
	}
	return names
}

func (w *world) must(region string, apply bool) prunesnapshots.Output {
	w.Helper()
	out, err := w.run(region, apply)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func TestOnlyWhatIsOverGoesAndOnlyWhenTold(t *testing.T) {
	w := begin(t)
	stay := []string{w.put(372, 0, east, west), w.put(36, 0, east, west), w.put(35, 6, east, west), w.put(1, 6, east, west), w.put(0, 0, east, west)}
	over := []string{w.put(374, 0, east, west), w.put(36, 6, east, west), w.put(36, 12, east, west)}
	w.rds.FillSnapshots(east, w.env.Database.Identifier, 2) // somebody's own
	slices.Sort(over)
	for _, region := range []string{east, west} {
		before := len(w.rds.Snapshots(region))
		dry := w.must(region, false)
		if after := len(w.rds.Snapshots(region)); after != before || dry.Applied {
			t.Fatalf("a dry run left %d of %d snapshots", after, before)
		}
		out := w.must(region, true)
		if !slices.Equal(names(out.Removed), over) || !slices.Equal(names(dry.Removed), over) || out.Kept != len(stay) || len(out.Refused) != 0 {
			t.Errorf("%s: removed %v, would have %v, want %v; kept %d, refused %v", region, names(out.Removed), names(dry.Removed), over, out.Kept, out.Refused)
		}
		if left := w.manual(region); !slices.Equal(left, stay) {
			t.Errorf("%s: left are %v, want %v", region, left, stay)
		}
		if again := w.must(region, true); len(again.Removed) != 0 {
			t.Errorf("a second run removed %v", again.Removed)
		}
	}
	if all := len(w.rds.Snapshots(east)); all < len(stay)+2 {
		t.Errorf("snapshots that are not ours are gone: %d left", all)
	}
}

func TestWhatMayBeTheOnlyCopyStays(t *testing.T) {
	w := begin(t)
	w.put(40, 6, east)
	w.put(39, 6, east)
	w.put(38, 6, west) // the last copy that was made; here it is no more
	w.put(1, 0, east)  // newer, and in one region only
	out := w.must(east, true)
	if len(out.Removed) != 0 || len(w.manual(east)) != 3 {
		t.Errorf("removed %+v, kept %d", out.Removed, out.Kept)
	}
	if len(out.Refused) != 0 { // each is the first of its day, so it is kept by retention
		t.Errorf("refused %+v", out.Refused)
	}
	w.put(40, 0, east)
	w.put(39, 0, east)
	if out = w.must(east, true); len(out.Removed) != 0 || len(out.Refused) != 2 || !strings.Contains(out.Refused[0].Why, "only copy") {
		t.Errorf("removed %+v, refused %+v", out.Removed, out.Refused)
	}
	w.put(2, 0, east, west)
	if out = w.must(east, true); len(out.Removed) != 2 || len(out.Refused) != 0 {
		t.Errorf("with a newer one in both regions: removed %+v, refused %+v", out.Removed, out.Refused)
	}
}

func TestWithoutTheOtherRegionNothingGoes(t *testing.T) {
	w := begin(t)
	w.put(36, 0, east, west)
	w.put(36, 6, east, west)
	w.put(1, 0, east, west)
	w.cloud.Kill(west)
	if _, err := w.run(east, true); !failure.Is(err, failure.Unavailable) || !strings.Contains(err.Error(), west) || !strings.Contains(err.Error(), "nothing is removed") {
		t.Errorf("got %v", err)
	}
	if left := len(w.manual(east)); left != 3 {
		t.Errorf("%d of 3 are left", left)
	}
}

func TestHoldsAndRestoredSnapshotsStay(t *testing.T) {
	w := begin(t)
	held, restored := w.put(40, 6, east), w.put(40, 12, east)
	w.put(40, 0, east)
	w.put(40, 18, east)
	w.put(1, 0, east, west)
	client := awsrds.NewFromConfig(w.cloud.Config(cloud.Principal{Name: "auditor", Region: east, Unlimited: true}))
	for name, tag := range map[string]types.Tag{
		held:     {Key: aws.String(catalog.HoldTag), Value: aws.String("on")},
		restored: {Key: aws.String(catalog.RestoredTag), Value: aws.String("2026-02-01T00:00:00Z")},
	} {
		arn := "arn:aws:rds:" + east + ":" + w.env.Account + ":snapshot:" + name
		if _, err := client.AddTagsToResource(context.Background(), &awsrds.AddTagsToResourceInput{ResourceName: aws.String(arn), Tags: []types.Tag{tag}}); err != nil {
			t.Fatal(err)
		}
	}
	out := w.must(east, true)
	left := w.manual(east)
	if len(out.Removed) != 1 || !slices.Contains(left, held) || !slices.Contains(left, restored) {
		t.Errorf("removed %+v, left %v", out.Removed, left)
	}
}

func TestNoMoreThan25AtOnce(t *testing.T) {
	w := begin(t)
	for day := range 20 {
		for _, hour := range []int{0, 6, 12, 18} {
			w.put(60+day, hour, east, west)
		}
	}
	w.put(1, 0, east, west)
	out := w.must(east, true)
	if len(out.Removed) != 25 || len(out.Refused) != 35 || out.Kept != 21 {
		t.Errorf("removed %d, refused %d, kept %d", len(out.Removed), len(out.Refused), out.Kept)
	}
	oldest, _ := w.name(79, 6)
	if out.Removed[0].Name != oldest {
		t.Errorf("it began with %s and the oldest is %s", out.Removed[0].Name, oldest)
	}
}

func TestTheQuotaIsReportedAndNeverObeyed(t *testing.T) {
	w := begin(t)
	for day := range 30 {
		w.put(day, 0, east, west)
	}
	w.rds.SetSnapshotQuota(east, 20)
	out := w.must(east, true)
	if len(out.Removed) != 0 || out.Quota.Used != 30 || out.Quota.Limit != 20 || !strings.Contains(out.Raise, "from 20 to at least 481") {
		t.Errorf("got %+v", out)
	}
	w.rds.SetSnapshotQuota(east, 700)
	if out := w.must(east, false); out.Raise != "" {
		t.Errorf("with room it says %q", out.Raise)
	}
}

func TestALostAnswerIsNoSecondRemoval(t *testing.T) {
	w := begin(t)
	w.put(36, 0, east, west)
	w.put(36, 6, east, west)
	w.put(1, 0, east, west)
	w.cloud.Inject(cloud.Fault{Operation: "RDS.DeleteDBSnapshot", Effect: cloud.LostResponse, First: 1, Count: 1})
	if out := w.must(east, true); len(out.Removed) != 1 || len(w.manual(east)) != 2 {
		t.Errorf("removed %+v, left %v", out.Removed, w.manual(east))
	}
}
