package world

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
	"github.com/acso/disaster-recovery/lab/cloud/efs"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/cloud/route53"
)

// layWorkload puts ACSO itself into both regions: keys, networks, database and replica, file systems, services.
func (w *World) layWorkload(active string) {
	e := w.Env
	standby := e.Pair(active)
	for _, region := range w.Cloud.Regions() {
		w.layKey(region, e.DatabaseKey(region))
		w.EC2.Create(region, e.DatabaseACL(region))
	}
	w.RDS.Create(active, rds.Setup{
		ID: e.DatabaseIn(active), Class: e.Database.InstanceClass, Database: e.Database.Name, Key: e.DatabaseKey(active),
		ACL: e.DatabaseACL(active), Retention: e.Database.BackupRetention.Days(), Window: e.Database.BackupWindow, Protected: true,
	})
	w.RDS.Create(standby, rds.Setup{
		ID: e.DatabaseIn(standby), Class: e.Database.InstanceClass, Database: e.Database.Name, Key: e.DatabaseKey(standby),
		ACL: e.DatabaseACL(standby), Retention: 1, Window: e.Database.BackupWindow, Protected: true,
		SourceRegion: active, Source: e.DatabaseIn(active),
	})
	w.layImages()
	// The identifiers of the file systems follow the order in which they are made.
	first, second := w.fileSystem(e.Regions.Primary), w.fileSystem(e.Regions.Recovery)
	if active != e.Regions.Primary {
		first, second = second, first
	}
	w.EFS.Replicate(first, second)
	for _, region := range w.Cloud.Regions() {
		var setups []ecs.Setup
		for _, s := range e.Services {
			count := s.Desired
			if region == standby {
				count = s.Standby
			}
			setups = append(setups, ecs.Setup{
				Name: e.Service(region, s.Name), Short: s.Name, Critical: s.Tier == environment.Critical,
				Desired: count, Min: count, Max: 2 * s.Desired,
				Containers: []types.ContainerDefinition{w.container(region, s.Name)}, Size: ecs.Size{CPU: "1024", Memory: "2048"},
			})
		}
		w.ECS.Begin(region, e.Cluster(region), e.RegionalName(region), e.DatabaseIn(region), setups...)
	}
	w.DNS.Watch(func(host string) bool {
		for _, region := range w.Cloud.Regions() {
			if host == e.RegionalName(region) {
				return w.ECS.Answers(cloud.Checkers, region)
			}
		}
		return false
	})
}

// layImages puts each service's image into the registries: pushed where the services run, and replicated.
func (w *World) layImages() {
	e := w.Env
	for _, s := range e.Services {
		w.ECR.Create(e.Regions.Recovery, e.Repository(s.Name))
		w.ECR.Create(e.Regions.Primary, e.Repository(s.Name), e.Regions.Recovery)
		w.ECR.Push(e.Regions.Primary, e.Repository(s.Name), imageTag, "release 1")
	}
}

// imageTag is the tag that the task definitions name; whoever releases a service moves it.
const imageTag = "stable"

// container is the only container of a service's tasks, as the stacks define it.
func (w *World) container(region, service string) types.ContainerDefinition {
	text := func(name, value string) types.KeyValuePair {
		return types.KeyValuePair{Name: aws.String(name), Value: aws.String(value)}
	}
	return types.ContainerDefinition{
		Name: aws.String(service), Image: aws.String(w.ECR.Image(region, w.Env.Repository(service), imageTag)), Essential: aws.Bool(true),
		ReadonlyRootFilesystem: aws.Bool(true),
		Environment:            []types.KeyValuePair{text("AWS_REGION", region), text("ACSO_ENVIRONMENT", w.Env.Name), text("ACSO_PARAMETERS", w.Env.Parameters)},
	}
}

// layKey makes the key that the environment names by ARN, identifier or alias.
func (w *World) layKey(region, name string) {
	alias, named := strings.CutPrefix(name, "alias/")
	switch {
	case strings.HasPrefix(name, "arn:"):
		w.KMS.CreateARN(name)
	case named:
		w.KMS.Alias(region, alias, w.KMS.Create(region, ""))
	default:
		w.KMS.Create(region, name)
	}
}

func (w *World) fileSystem(region string) *efs.FileSystem {
	return w.EFS.Create(region, w.Env.FileSystem(region), w.Env.DatabaseKey(region))
}

// switchCheck is the health check behind the failover switch.
const switchCheck = "failover-switch"

// layNames puts the names into DNS: the failover pair with the switch on PRIMARY, the names of the regions with the
// checks that only detect, and the TXT records through which the checkers' verdict is read.
func (w *World) layNames() {
	e := w.Env
	primary, recovery := e.Regions.Primary, e.Regions.Recovery
	w.DNS.AddAlarmCheck(switchCheck, recovery, e.SwitchAlarm())
	for _, region := range w.Cloud.Regions() {
		check := checkOf(region)
		w.DNS.AddEndpointCheck(check, e.RegionalName(region), e.Domain.HealthPath)
		w.DNS.Add(route53.Setup{Name: e.CheckersName(region), Type: "TXT", Value: `"healthy"`, TTL: 10 * time.Second, Set: "healthy", Failover: "PRIMARY", Check: check})
		w.DNS.Add(route53.Setup{Name: e.CheckersName(region), Type: "TXT", Value: `"unhealthy"`, TTL: 10 * time.Second, Set: "unhealthy", Failover: "SECONDARY"})
	}
	w.DNS.Add(route53.Setup{Name: e.Domain.Name, Type: "CNAME", Value: e.RegionalName(primary), TTL: e.Domain.TTL.Std(), Set: primary, Failover: "PRIMARY", Check: switchCheck})
	w.DNS.Add(route53.Setup{Name: e.Domain.Name, Type: "CNAME", Value: e.RegionalName(recovery), TTL: e.Domain.TTL.Std(), Set: recovery, Failover: "SECONDARY"})
}
