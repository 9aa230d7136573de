package efs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/sim"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

func TestTheDestinationBecomesWritableAlthoughTheSourceIsDead(t *testing.T) {
	simulation := sim.New(1)
	c := cloud.New(simulation, "111122223333", east, west)
	s := New(c)
	source, destination := s.Create(east, "data", "k"), s.Create(west, "dr-data", "k")
	r := s.Replicate(source, destination)
	run := func(d time.Duration) { simulation.Run(simulation.Now().Add(d), nil) }
	run(10 * time.Minute)
	if age := simulation.Now().Sub(r.LastSync); age > 3*time.Minute {
		t.Errorf("the last sync is %s old in a healthy world", age)
	}
	if s.Writable(destination) || !s.Writable(source) {
		t.Error("the destination is writable, or the source is not")
	}
	c.Kill(east)
	last := r.LastSync
	run(10 * time.Minute)
	if !r.LastSync.Equal(last) {
		t.Error("syncs went on in an outage")
	}
	api := awsefs.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))
	status := func(ctx context.Context) string {
		out, err := api.DescribeReplicationConfigurations(ctx, &awsefs.DescribeReplicationConfigurationsInput{FileSystemId: aws.String(destination.ID)})
		var none *types.ReplicationNotFound
		if errors.As(err, &none) {
			return "none"
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(out.Replications[0].Destinations[0].Status)
	}
	ended := false
	simulation.Go(context.Background(), func(ctx context.Context) {
		in := &awsefs.DeleteReplicationConfigurationInput{SourceFileSystemId: aws.String(source.ID)}
		for range 2 { // again while it is being deleted
			if _, err := api.DeleteReplicationConfiguration(ctx, in); err != nil {
				t.Error(err)
			}
		}
		if got := status(ctx); got != "DELETING" || s.Writable(destination) {
			t.Errorf("at once: %s", got)
		}
		sim.Sleep(ctx, 6*time.Minute)
		if got := status(ctx); got != "none" || !s.Writable(destination) {
			t.Errorf("after six minutes: %s", got)
		}
		if _, err := api.DeleteReplicationConfiguration(ctx, in); err == nil {
			t.Error("deleting it again succeeded")
		}
		ended = true
	}, func(bool) {})
	run(time.Hour)
	if !ended || s.Of(source) == nil {
		t.Error("the dead region forgot its side, or the body did not end")
	}
	c.Revive(east)
	run(time.Second)
	if s.Of(source) != nil {
		t.Error("the source's side is still there")
	}
	fs, err := api.DescribeFileSystems(context.Background(), &awsefs.DescribeFileSystemsInput{CreationToken: aws.String("dr-data")})
	if err != nil || fs.FileSystems[0].FileSystemProtection.ReplicationOverwriteProtection != types.ReplicationOverwriteProtectionEnabled {
		t.Errorf("protection: %v %v", fs, err)
	}
	back := &awsefs.CreateReplicationConfigurationInput{SourceFileSystemId: aws.String(destination.ID), Destinations: []types.DestinationToCreate{{FileSystemId: aws.String(source.ID), Region: aws.String(east)}}}
	var conflict *types.ConflictException
	if _, err := api.CreateReplicationConfiguration(context.Background(), back); !errors.As(err, &conflict) {
		t.Errorf("replication over a protected file system: %v", err)
	}
	there := awsefs.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: east, Unlimited: true}))
	if _, err := there.UpdateFileSystemProtection(context.Background(), &awsefs.UpdateFileSystemProtectionInput{FileSystemId: aws.String(source.ID), ReplicationOverwriteProtection: types.ReplicationOverwriteProtectionDisabled}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateReplicationConfiguration(context.Background(), back); err != nil || s.Writable(source) {
		t.Errorf("replication back: %v", err)
	}
}
