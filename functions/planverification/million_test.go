package planverification_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/functions/planverification"
	"github.com/acso/disaster-recovery/functions/verifychecksums"
	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/verification"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/cloudwatch"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/cloud/sns"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/statemachines"
)

// Quotas of AWS that a verification could meet.
const (
	// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: events in the history of one execution, bytes
	// of a payload, child executions of a Map Run at a time, bytes of the file that an ItemReader reads.
	historyEvents, payloadBytes, childrenAtOnce, readerBytes = 25_000, 262_144, 10_000, 10 << 30
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: executions at a time in an account.
	lambdasAtOnce = 1000
)

const (
	east    = "us-east-1"
	million = 1_000_000
	small   = 16 << 10
	large   = 200 << 30 // two of the objects
	part    = 64 << 20
)

// layMillion puts a manifest of a million objects into the bucket. The objects themselves are not there: nobody reads them.
func layMillion(t *testing.T, e *environment.Environment, store *s3.Service, at time.Time) (key string, size uint64) {
	t.Helper()
	prefix := manifest.Day(at) + manifest.ApplicationData + "/"
	var text bytes.Buffer
	text.Grow(280 << 20)
	w, err := manifest.NewWriter(&text, manifest.Header{Environment: e.Name, Kind: manifest.ApplicationData, Prefix: prefix, Taken: at, Full: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, old := strings.Repeat("5a", 32), strings.Repeat("5a", 16)
	parts := make([]string, large/part)
	for i := range parts {
		parts[i] = sum
	}
	for n := range million {
		o := manifest.Object{Key: fmt.Sprintf("%s%03d/case-%07d.json", prefix, n/1000, n), VersionID: "v000000000000000000000000000001", Size: small, SHA256: sum, MD5: old, Modified: at, Mode: "0640"}
		if n%500_000 == 7 {
			o.Size, o.PartSize, o.Parts = large, part, parts
		}
		if err := w.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Seal(); err != nil {
		t.Fatal(err)
	}
	key = manifest.Key(at)
	store.Put(e.Buckets.Backups, key, text.Bytes())
	return key, uint64(text.Len()) // #nosec G115 -- a length
}

// reader stands for function verifychecksums, takes as long as some calls, and passes everything.
type reader struct {
	client       *awss3.Client
	bucket       string
	active, most int
	items        int
	tally        backup.Tally
}

func (r *reader) handle(ctx context.Context, in verifychecksums.Input) (verifychecksums.Output, error) {
	done := true
	if in.Action != "item" {
		return verifychecksums.Output{Done: &done, Report: &verifychecksums.Report{}}, nil
	}
	r.active++
	r.most = max(r.most, r.active)
	defer func() { r.active-- }()
	for range 3 {
		if _, err := r.client.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String(r.bucket)}); err != nil {
			return verifychecksums.Output{}, err
		}
	}
	r.items++
	if b := in.Item.Batch; b != nil && b.Part <= 1 {
		r.tally.Add(backup.Tally{Objects: b.Objects, Bytes: b.Bytes})
	} else if b != nil {
		r.tally.Bytes += b.Bytes
	}
	return verifychecksums.Output{Answer: &verification.Answer{Item: in.Item.Number, Tally: backup.Tally{Objects: 1000, Bytes: 1 << 40, Pass: 1000}, Findings: 1000}}, nil
}

// TestAMillionObjectsStayWithinEveryQuota plans a manifest of 1,000,000 objects and runs the machine over the work list.
func TestAMillionObjectsStayWithinEveryQuota(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	clock := sim.New(1)
	c := cloud.New(clock, e.Account, east, "us-west-2")
	store := s3.New(c, kms.New(c))
	cloudwatch.New(c, sns.New(c))
	store.Create(s3.Bucket{Name: e.Buckets.Backups, Region: east, Versioned: true})
	key, size := layMillion(t, e, store, clock.Now().Add(-time.Hour).Truncate(time.Second))

	functionsOf := lambda.New(c)
	planner, _ := functions.Named("planverification")
	functionsOf.Deploy(east, lambda.Function{Name: "planverification", Timeout: planner.Timeout, New: func() platform.Handler {
		principal := cloud.Principal{Name: "planverification", Region: east, Grants: planverification.Grants(e, east)}
		return planner.New(platform.Platform{AWS: c.Config(principal), Environment: e, Clock: clock})
	}})
	r := &reader{client: awss3.NewFromConfig(c.Config(cloud.Principal{Name: "reader", Region: east, Unlimited: true})), bucket: e.Buckets.Backups}
	for _, name := range []string{"verifychecksums", "notify"} {
		functionsOf.Deploy(east, lambda.Function{Name: name, Timeout: 15 * time.Minute, New: func() platform.Handler { return platform.Entry(r.handle) }})
	}
	evaluator, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	states := stepfunctions.New(c, functionsOf, evaluator)
	m, _ := statemachines.Named("verify-backup")
	text, err := m.Substitute(map[string]string{"planverification": "planverification", "verifychecksums": "verifychecksums", "notify": "notify", statemachines.BackupMetrics: "ACSO/Backup"})
	if err != nil {
		t.Fatal(err)
	}
	definition, err := asl.Parse("verify-backup", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	states.Deploy(east, stepfunctions.Machine{Name: "verify-backup", Definition: definition})

	// The planner's memory is what the heap holds beyond the manifest, which the lab has; some of it is the lab's too.
	var now runtime.MemStats
	calls, held := 0, uint64(0)
	c.Observe(func(call cloud.Record) {
		if call.Caller != "planverification" {
			return
		}
		if calls++; calls%25 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			held = max(held, now.HeapAlloc-min(now.HeapAlloc, size))
		}
	})
	x, err := states.Start(east, "verify-backup", "million", json.RawMessage(`{"manifest":"`+key+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	clock.Run(clock.Now().Add(48*time.Hour), func() bool { return x.Status() != asl.Running })
	if x.Status() != asl.Succeeded {
		t.Fatalf("it ended %s: %s: %s", x.Status(), x.Error(), x.Cause())
	}
	var planned time.Duration
	for _, v := range x.StateVisits() {
		if v.Name == "PlanVerification" {
			planned = v.Exited.Sub(v.Entered)
		}
	}
	limit := uint64(planner.MemoryMB) << 20
	t.Logf("%d calls and %s of virtual time to plan, %d MiB held; %d items, %d at once, %d events in the history", calls, planned, held>>20, r.items, r.most, len(x.History()))

	items := listed(t, store, e.Buckets.Backups)
	within := func(what string, is, most int) {
		t.Helper()
		if is > most || is == 0 {
			t.Errorf("%s: %d, at most %d", what, is, most)
		}
	}
	within("items", len(items), 1100)
	if r.items != len(items) || r.tally.Objects != million || r.tally.Bytes != 2*large+(million-2)*small {
		t.Errorf("the readers saw %d of %d items, %+v", r.items, len(items), r.tally)
	}
	longest, heaviest := 0, int64(0)
	for _, item := range items {
		line, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, len(line))
		if item.Batch != nil {
			heaviest = max(heaviest, item.Batch.Bytes)
		}
	}
	within("bytes of an item", longest, payloadBytes)
	within("bytes of the work list", longest*len(items), readerBytes)
	// At 50 MB/s the heaviest batch ends within the budget of 12 minutes, and of the 15 that Lambda gives.
	within("seconds of the heaviest batch", int(heaviest/50_000_000), 12*60)
	within("seconds of the planner", int(planned.Seconds()), int(planner.Timeout.Seconds())/3)
	within("bytes that the planner holds", int(held), int(limit)/4) // #nosec G115 -- below a gigabyte
	within("child executions at once", r.most, min(childrenAtOnce, lambdasAtOnce/10))
	within("events of the machine", len(x.History()), historyEvents/100)
	for _, child := range x.Children() {
		within("events of a child", len(child.History()), historyEvents/100)
	}
}

func listed(t *testing.T, store *s3.Service, bucket string) (items []verification.Item) {
	t.Helper()
	for _, o := range store.Objects(bucket) {
		if !strings.HasSuffix(o.Key, "/items.jsonl") {
			continue
		}
		for line := range bytes.Lines(o.Body) {
			var item verification.Item
			if err := json.Unmarshal(line, &item); err != nil {
				t.Fatal(err)
			}
			items = append(items, item)
		}
	}
	return items
}
