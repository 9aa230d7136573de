package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/asl/jsonata"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/sim"
	"github.com/acso/disaster-recovery/lab/world"
)

// TestTheTablesAreReadBeforeADeployment reads the incident tables through the real client, against the lab's.
func TestTheTablesAreReadBeforeADeployment(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := jsonata.New()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := world.ParseMachines(e)
	if err != nil {
		t.Fatal(err)
	}
	outage := func(w *world.World) {
		w.Cloud.Kill(e.Regions.Primary)
		w.Sim.Run(w.Sim.Now().Add(5*time.Minute), nil)
		w.Cloud.Revive(e.Regions.Primary)
	}
	read := []grant.Grant{{Actions: []string{"dynamodb:GetItem"}, Resources: []string{"*"}}}
	for _, c := range []struct {
		name    string
		prepare func(*world.World)
		grants  []grant.Grant
		refused []string // nil deploys
	}{
		{"a quiet day", nil, read, nil},
		{"a role that may not read", nil, nil, []string{"is unknown", "allow dynamodb:GetItem", "-c despite-incident=yes"}},
		{"a region that does not answer", func(w *world.World) { w.Cloud.Kill(e.Regions.Recovery) }, read, []string{"in us-west-2 is unknown", "wait until the region answers"}},
		{"an open incident", outage, read, []string{"incident 1 is open in us-west-2", "end it first"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world.New(world.Options{Seed: 1, Environment: e, Evaluator: engine, Machines: machines})
			w.Sim.Run(w.Sim.Now().Add(10*time.Minute), nil)
			if c.prepare != nil {
				c.prepare(w)
			}
			err := looked(w.Sim, w.Cloud, c.grants, func(ctx context.Context, configured func(context.Context, string) (aws.Config, error)) error {
				return look(ctx, e, configured)
			})
			w.Traffic.Stop()
			if (err != nil) != (c.refused != nil) {
				t.Fatalf("got %v", err)
			}
			for _, words := range c.refused {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("it does not say %q: %v", words, err)
				}
			}
		})
	}

	// Before the first deployment there is no table, and an account without one has no incident.
	s := sim.New(1)
	empty := cloud.New(s, e.Account, e.Regions.Primary, e.Regions.Recovery)
	dynamodb.New(empty)
	err = looked(s, empty, read, func(ctx context.Context, configured func(context.Context, string) (aws.Config, error)) error {
		return look(ctx, e, configured)
	})
	if err != nil {
		t.Errorf("the first deployment is refused: %v", err)
	}
}

// looked runs a look with the rights of a person who deploys.
func looked(s *sim.Sim, c *cloud.Cloud, grants []grant.Grant, run func(context.Context, func(context.Context, string) (aws.Config, error)) error) (err error) {
	ended := false
	s.Go(context.Background(), func(ctx context.Context) {
		err = run(ctx, func(_ context.Context, region string) (aws.Config, error) {
			config := c.Config(cloud.Principal{Name: "deployer", Region: cloud.Clients, Grants: grants})
			config.Region = region
			return config, nil
		})
	}, func(bool) { ended = true })
	s.Run(s.Now().Add(time.Hour), func() bool { return ended })
	return err
}
