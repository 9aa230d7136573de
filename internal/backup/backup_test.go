package backup_test

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	"github.com/acso/disaster-recovery/lab/cloud/s3"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	region = "us-east-1"
	bucket = "acso-test-backups"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
)

type world struct {
	*cloud.Cloud
	store  *s3.Service
	target backup.Target
}

func newWorld() world {
	c := cloud.New(sim.New(1), "123456789012", region, "us-west-2")
	w := world{Cloud: c, store: s3.New(c, kms.New(c))}
	w.store.Create(s3.Bucket{Name: bucket, Region: region, Versioned: true})
	client := sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: region, Unlimited: true}))
	w.target = backup.Target{Client: client, Bucket: bucket, Environment: "test", Kind: "application-data"}
	return w
}

func TestAnIncrementalSendsOnlyWhatChanged(t *testing.T) {
	w := newWorld()
	tree := fstest.MapFS{}
	for name, text := range map[string]string{"a": "1", "a b/ü": "2", "empty": "", "z/y/x": "3"} {
		tree[name] = &fstest.MapFile{Data: []byte(text), ModTime: noon.Add(-time.Hour), Mode: 0o640}
	}
	first, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon})
	if err != nil || first.Objects != 4 || first.Sent != 4 || !first.Full {
		t.Fatalf("first: %+v, %v", first, err)
	}
	tree["a"] = &fstest.MapFile{Data: []byte("11"), ModTime: noon.Add(time.Minute), Mode: 0o640}
	delete(tree, "empty")
	second, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon.Add(15 * time.Minute)})
	if err != nil || second.Objects != 3 || second.Sent != 1 || second.Deleted != 1 || second.Full || second.Previous != first.Digest {
		t.Fatalf("second: %+v, %v", second, err)
	}
	next, err := backup.Run(ctx, backup.Directory(tree), w.target, backup.Options{Now: noon.Add(12 * time.Hour)})
	if err != nil || next.Sent != 3 || !next.Full || next.Previous != second.Digest {
		t.Fatalf("next day: %+v, %v", next, err)
	}
}
