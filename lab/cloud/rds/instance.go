package rds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Instance is one DB instance. Scenarios read its exported fields and change it through the Service.
type Instance struct {
	ID, Region string
	Status     string
	Retention  int32  // days of automated backups
	Window     string // hh:mm-hh:mm UTC

	resource, class, database, key, acl string
	erased                              map[string]bool // rows that were deleted here, too late for its replicas
	place                               placement
	storage                             int32 // GiB
	created                             time.Time
	tags                                []types.Tag
	protected                           bool

	timeline  *Timeline // nil while it is a replica
	link      *link     // nil unless it is a replica
	serving   bool      // the engine runs and takes connections
	crashed   bool      // it ran when its region died
	promoting bool
	deleted   bool
	full      bool // no slot is left for a new connection
	boot      int  // sessions of an earlier boot are dead
	lagMetric LagMetric
	failWith  string // status in which the next promotion ends
	scheduled bool   // the next daily backup is
	earliest  time.Time
}

// IsReplica tells whether the instance still follows a source.
func (i *Instance) IsReplica() bool { return i.link != nil }

// Timeline names the history that the instance writes, or "" while it is a replica.
func (i *Instance) Timeline() string {
	if i.timeline == nil {
		return ""
	}
	return i.timeline.ID
}

// Setup describes an instance that exists when the world begins.
type Setup struct {
	ID, Class, Database, Key, Window, ACL string
	Storage                               int32 // GiB; 0 means 100
	Retention                             int32 // days
	Protected                             bool
	// SourceRegion and Source make it a replica.
	SourceRegion, Source string
}

// Create puts an available instance into the world, with the automated backup of the last window if it keeps any.
func (s *Service) Create(regionName string, setup Setup) *Instance {
	if s.Instance(regionName, setup.ID) != nil {
		panic("lab: database " + setup.ID + " exists twice in " + regionName)
	}
	key, err := s.keys.Resolve(regionName, setup.Key)
	if err != nil {
		panic(fmt.Sprintf("lab: create database %s in %s: key: %v", setup.ID, regionName, err))
	}
	if setup.Storage == 0 {
		setup.Storage = 100
	}
	i := s.add(regionName, setup.ID)
	i.Status, i.Retention, i.Window, i.key, i.acl = "available", setup.Retention, setup.Window, key, setup.ACL
	i.class, i.database, i.storage, i.protected = setup.Class, setup.Database, setup.Storage, setup.Protected
	i.serving, i.created = true, s.sim.Now().AddDate(0, -6, 0)
	if setup.Source != "" {
		s.follow(i, s.must(setup.SourceRegion, setup.Source))
	} else {
		i.timeline = s.newTimeline(i, nil, time.Time{})
	}
	if i.Retention > 0 {
		i.earliest = s.sim.Now().AddDate(0, 0, -int(i.Retention))
		s.backedUp(i, lastWindow(i.Window, s.sim.Now()))
	}
	s.scheduleBackup(i)
	return i
}

func (s *Service) add(regionName, id string) *Instance {
	s.serial++
	i := &Instance{ID: id, Region: regionName, resource: fmt.Sprintf("db-LAB%020d", s.serial), created: s.sim.Now(), place: workload()}
	r := s.regions[regionName]
	r.instances = append(r.instances, i)
	return i
}

func (s *Service) follow(i, source *Instance) {
	lag := s.draw("lag", s.Durations.Lag)
	i.link = &link{source: source, lag: lag, applied: s.sim.Now().Add(-lag), settled: s.sim.Now()}
}

// Instance finds an instance, or gives nil.
func (s *Service) Instance(regionName, id string) *Instance {
	for _, i := range s.regions[regionName].instances {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// Instances are all instances of a region, in the order of their creation.
func (s *Service) Instances(regionName string) []*Instance {
	return slices.Clone(s.regions[regionName].instances)
}

func (s *Service) must(regionName, id string) *Instance {
	i := s.Instance(regionName, id)
	if i == nil {
		panic("lab: no database " + id + " in " + regionName)
	}
	return i
}

// Host is the endpoint of an instance; it changes with a rename, as on AWS.
func (i *Instance) Host() string {
	return i.ID + ".lab." + i.Region + ".rds.amazonaws.com"
}

func (s *Service) byHost(host string) *Instance {
	id, rest, _ := strings.Cut(host, ".lab.")
	regionName, _, _ := strings.Cut(rest, ".")
	if s.regions[regionName] == nil {
		return nil
	}
	return s.Instance(regionName, id)
}

func (s *Service) arn(i *Instance) string { return s.dbARN(i.Region, i.ID) }

func (s *Service) dbARN(region, id string) string { return s.cloud.ARN("rds", region, "db:"+id) }

func (s *Service) snapshotARN(region, id string) string {
	return s.cloud.ARN("rds", region, "snapshot:"+id)
}

// restart ends every session; the engine is back after d.
func (s *Service) restart(i *Instance, d time.Duration, then func()) {
	s.settle()
	i.boot++
	i.serving, i.crashed, i.Status = false, false, "rebooting"
	s.later(i.Region, d, func() {
		if i.deleted {
			return
		}
		s.settle()
		i.serving = true
		then()
	})
}

// describe is the instance as DescribeDBInstances answers it. A replica in another region names its source by ARN, and
// so does the source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html.
func (s *Service) describe(i *Instance) types.DBInstance {
	out := types.DBInstance{
		DBInstanceIdentifier: aws.String(i.ID), DBInstanceArn: aws.String(s.arn(i)), DBInstanceStatus: aws.String(i.Status),
		DBInstanceClass: aws.String(i.class), DBName: aws.String(i.database), Engine: aws.String("postgres"), EngineVersion: aws.String("16.4"),
		DbiResourceId: aws.String(i.resource), KmsKeyId: aws.String(i.key), StorageEncrypted: aws.Bool(true),
		AllocatedStorage: aws.Int32(i.storage), InstanceCreateTime: aws.Time(i.created), MultiAZ: aws.Bool(false),
		BackupRetentionPeriod: aws.Int32(i.Retention), PreferredBackupWindow: aws.String(i.Window),
		DeletionProtection: aws.Bool(i.protected), IAMDatabaseAuthenticationEnabled: aws.Bool(true), TagList: slices.Clone(i.tags),
	}
	i.place.describe(&out)
	if i.Status != "creating" {
		out.Endpoint = &types.Endpoint{Address: aws.String(i.Host()), Port: aws.Int32(5432)}
	}
	if i.link != nil {
		out.ReadReplicaSourceDBInstanceIdentifier = aws.String(s.reference(i.link.source, i.Region))
		status := "replicating"
		if i.link.broken {
			status = "error"
		}
		out.StatusInfos = []types.DBInstanceStatusInfo{{StatusType: aws.String("read replication"), Normal: aws.Bool(!i.link.broken), Status: aws.String(status)}}
	}
	for _, name := range s.cloud.Regions() {
		for _, other := range s.regions[name].instances {
			if other.link != nil && other.link.source == i {
				out.ReadReplicaDBInstanceIdentifiers = append(out.ReadReplicaDBInstanceIdentifiers, s.reference(other, i.Region))
			}
		}
	}
	if i.Retention > 0 && i.serving && s.restorable(i) {
		out.LatestRestorableTime = aws.Time(s.latestRestorable(i))
	}
	return out
}

func (s *Service) reference(i *Instance, from string) string {
	if i.Region == from {
		return i.ID
	}
	return s.arn(i)
}

// named finds an instance by identifier or ARN; a call in a region sees only that region by identifier.
func (s *Service) named(regionName, name string) *Instance {
	if parts := strings.Split(name, ":"); len(parts) == 7 && parts[5] == "db" {
		if s.regions[parts[3]] == nil {
			return nil
		}
		regionName, name = parts[3], parts[6]
	}
	return s.Instance(regionName, strings.ToLower(name))
}

func gib(span time.Duration, storage int32) time.Duration { return span * time.Duration(storage) }

func copyTags(tags []types.Tag) []types.Tag {
	var out []types.Tag
	for _, t := range tags {
		out = append(out, types.Tag{Key: aws.String(aws.ToString(t.Key)), Value: aws.String(aws.ToString(t.Value))})
	}
	return out
}

func clock(text string) (hour, minute int) {
	hour, _ = strconv.Atoi(text[:2])
	minute, _ = strconv.Atoi(text[3:5])
	return hour, minute
}
