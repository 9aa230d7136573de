package s3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/lab/cloud/s3"
)

// points collects what is put.
type points []string

func (p *points) Put(region, namespace, metric string, dimensions []cloudwatch.Dimension, value float64) {
	var of []string
	for _, d := range dimensions {
		of = append(of, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
	}
	*p = append(*p, fmt.Sprintf("%s %s %s %s %g", region, namespace, metric, strings.Join(of, ","), value))
}

func TestReplicationMetrics(t *testing.T) {
	const of = " SourceBucket=b,DestinationBucket=copy,RuleId=to-west "
	l := world()
	var seen points
	l.store.Measure(&seen)
	l.store.Durations.Replication = 150 * time.Second
	l.store.Create(s3.Bucket{Name: "copy", Region: west, Versioned: true})
	l.store.Configure("b", []s3.Replication{{ID: "to-west", To: "copy"}}, nil)
	if _, err := put(l.client, "k", "body"); err != nil {
		t.Fatal(err)
	}
	l.pass(90 * time.Second)
	if _, err := put(l.client, "deleted before it is copied", "body"); err != nil {
		t.Fatal(err)
	}
	l.store.Remove("b", "deleted before it is copied")
	l.pass(10 * time.Minute)
	latency := west + " AWS/S3 ReplicationLatency" + of
	want := points{latency + "60", latency + "120", latency + "90"}
	for range 8 {
		want = append(want, latency+"0")
	}
	if !slices.Equal(seen, want) {
		t.Errorf("put\n%s\nand not\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}

	seen = nil
	l.store.Configure("b", []s3.Replication{{ID: "to-west", To: "no such bucket"}}, nil)
	if _, err := put(l.client, "f", "body"); err != nil {
		t.Fatal(err)
	}
	l.pass(10 * time.Minute)
	if want := (points{east + " AWS/S3 OperationsFailedReplication SourceBucket=b,DestinationBucket=no such bucket,RuleId=to-west 1"}); !slices.Equal(seen, want) {
		t.Errorf("put\n%s\nand not\n%s", strings.Join(seen, "\n"), want[0])
	}
}
