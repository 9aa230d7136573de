package rds

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Snapshot is a DB snapshot: a cut in the timeline of its database.
type Snapshot struct {
	ID, Region string
	Status     string

	instance, resource, key, database, source, sourceRegion string
	storage                                                 int32
	automated                                               bool
	created                                                 time.Time
	timeline                                                *Timeline
	cut                                                     time.Time
	tags                                                    []types.Tag
}

// Cut is the time of the newest commit that the snapshot can hold.
func (p *Snapshot) Cut() time.Time { return p.cut }

// Snapshot finds a snapshot, or gives nil.
func (s *Service) Snapshot(region, id string) *Snapshot {
	for _, p := range s.regions[region].snapshots {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Snapshots are all snapshots of a region, automated ones included.
func (s *Service) Snapshots(region string) []*Snapshot {
	return slices.Clone(s.regions[region].snapshots)
}

// FillSnapshots adds so many available manual snapshots of an instance, for quota scenarios.
func (s *Service) FillSnapshots(region, id string, count int) {
	i := s.must(region, id)
	for n := range count {
		p := s.addSnapshot(region, "filler-"+strconv.Itoa(n), i)
		p.Status, p.timeline, p.cut = "available", i.timeline, s.sim.Now()
	}
}

// PutSnapshot lays down an available manual snapshot of an instance, as if it had been taken at a time.
func (s *Service) PutSnapshot(region, name, id string, at time.Time) {
	i := s.must(region, id)
	p := s.addSnapshot(region, name, i)
	p.Status, p.timeline, p.cut, p.created = "available", i.timeline, at, at
}

func (s *Service) addSnapshot(region, id string, i *Instance) *Snapshot {
	p := &Snapshot{ID: id, Region: region, Status: "creating", instance: i.ID, resource: i.resource, key: i.key, database: i.database, storage: i.storage, created: s.sim.Now()}
	s.regions[region].snapshots = append(s.regions[region].snapshots, p)
	return p
}

func (s *Service) room(region, id string) error {
	manual := 0
	for _, p := range s.regions[region].snapshots {
		if p.ID == id {
			return &types.DBSnapshotAlreadyExistsFault{Message: aws.String("Cannot create the snapshot because a snapshot with the identifier " + id + " already exists.")}
		}
		if !p.automated {
			manual++
		}
	}
	if manual >= s.regions[region].quota {
		return &types.SnapshotQuotaExceededFault{Message: aws.String("Cannot create more than " + strconv.Itoa(s.regions[region].quota) + " manual snapshots")}
	}
	return nil
}

// snapshot begins a manual snapshot. The instance says backing-up meanwhile only on storage that the lab does not model.
func (s *Service) snapshot(i *Instance, id string, tags []types.Tag) (*Snapshot, error) {
	if id == "" || strings.HasPrefix(id, "rds:") {
		return nil, invalid("The parameter DBSnapshotIdentifier is not a valid identifier: %q.", id)
	}
	if err := s.room(i.Region, id); err != nil {
		return nil, err
	}
	p := s.addSnapshot(i.Region, id, i)
	p.timeline, p.cut = s.through(i)
	p.timeline.seal(p.cut)
	p.tags = copyTags(tags)
	s.later(p.Region, s.draw("snapshot", s.Durations.SnapshotBase)+gib(s.draw("snapshot size", s.Durations.SnapshotPerGiB), p.storage), func() { p.finish("available") })
	return p, nil
}

func (p *Snapshot) finish(status string) {
	if p.Status == "creating" || p.Status == "copying" {
		p.Status = status
	}
}

func (s *Service) registerSnapshots() {
	c := s.cloud
	cloud.Register(c, "RDS.CreateDBSnapshot", cloud.Spec[awsrds.CreateDBSnapshotInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.CreateDBSnapshotInput) []grant.Action {
			target := s.snapshotARN(call.Region, aws.ToString(in.DBSnapshotIdentifier))
			return withTags(append(on(s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier)), "rds:CreateDBSnapshot"), on(target, "rds:CreateDBSnapshot")...), target, in.Tags)
		},
	}, s.createSnapshot)
	cloud.Register(c, "RDS.CopyDBSnapshot", cloud.Spec[awsrds.CopyDBSnapshotInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.CopyDBSnapshotInput) []grant.Action {
			target := s.snapshotARN(call.Region, aws.ToString(in.TargetDBSnapshotIdentifier))
			source := aws.ToString(in.SourceDBSnapshotIdentifier)
			if !strings.HasPrefix(source, "arn:") {
				source = s.snapshotARN(call.Region, source)
			}
			actions := withTags(append(on(source, "rds:CopyDBSnapshot"), on(target, "rds:CopyDBSnapshot")...), target, in.Tags)
			return s.withKey(actions, call.Region, aws.ToString(in.KmsKeyId))
		},
	}, s.copySnapshot)
	cloud.Register(c, "RDS.DescribeDBSnapshots", cloud.Spec[awsrds.DescribeDBSnapshotsInput]{
		Actions: func(call *cloud.Call, in *awsrds.DescribeDBSnapshotsInput) []grant.Action {
			id := aws.ToString(in.DBSnapshotIdentifier)
			switch {
			case id != "" && !strings.HasPrefix(id, "arn:"):
				id = s.snapshotARN(call.Region, id)
			case id == "" && in.DBInstanceIdentifier != nil:
				id = s.dbARN(call.Region, *in.DBInstanceIdentifier)
			case id == "":
				id = s.snapshotARN(call.Region, "*")
			}
			return on(id, "rds:DescribeDBSnapshots")
		},
	}, s.describeSnapshots)
	cloud.Register(c, "RDS.DeleteDBSnapshot", cloud.Spec[awsrds.DeleteDBSnapshotInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.DeleteDBSnapshotInput) []grant.Action {
			return on(s.snapshotARN(call.Region, aws.ToString(in.DBSnapshotIdentifier)), "rds:DeleteDBSnapshot")
		},
	}, s.deleteSnapshot)
}

func (s *Service) createSnapshot(call *cloud.Call, in *awsrds.CreateDBSnapshotInput) (*awsrds.CreateDBSnapshotOutput, error) {
	id := aws.ToString(in.DBInstanceIdentifier)
	i := s.Instance(call.Region, id)
	if i == nil {
		return nil, noInstance(id)
	}
	if i.Status != "available" && i.Status != "backing-up" {
		return nil, badState("Cannot create a snapshot because the database instance %s is not currently in the available state: it is %s.", id, i.Status)
	}
	p, err := s.snapshot(i, strings.ToLower(aws.ToString(in.DBSnapshotIdentifier)), in.Tags)
	if err != nil {
		return nil, err
	}
	return &awsrds.CreateDBSnapshotOutput{DBSnapshot: new(s.describeSnapshot(p))}, nil
}

// copySnapshot runs in the destination region; the source is named by ARN when it is elsewhere.
func (s *Service) copySnapshot(call *cloud.Call, in *awsrds.CopyDBSnapshotInput) (*awsrds.CopyDBSnapshotOutput, error) {
	name, from := aws.ToString(in.SourceDBSnapshotIdentifier), call.Region
	id := name
	if parts := strings.SplitN(name, ":", 7); len(parts) == 7 && parts[5] == "snapshot" {
		from, id = parts[3], parts[6]
	}
	if s.regions[from] == nil {
		return nil, noSnapshot(name)
	}
	if from != call.Region && !s.cloud.Reachable(call.Region, from) {
		return nil, cloud.ServerError() // a guess: AWS does not say what it answers while the source's region is gone
	}
	source := s.Snapshot(from, id)
	if source == nil {
		return nil, noSnapshot(name)
	}
	if source.Status != "available" {
		return nil, &types.InvalidDBSnapshotStateFault{Message: aws.String("The source snapshot " + id + " is " + source.Status + ": it has to be available.")}
	}
	target := strings.ToLower(aws.ToString(in.TargetDBSnapshotIdentifier))
	key, err := s.copyKey(call.Region, aws.ToString(in.KmsKeyId), source.key, from != call.Region)
	if err != nil {
		return nil, err
	}
	if err := s.room(call.Region, target); err != nil {
		return nil, err
	}
	p := *source
	p.ID, p.Region, p.Status, p.key, p.automated = target, call.Region, "copying", key, false
	p.source, p.sourceRegion, p.created, p.tags = s.snapshotARN(from, id), from, s.sim.Now(), copyTags(in.Tags)
	if aws.ToBool(in.CopyTags) {
		p.tags = append(p.tags, copyTags(source.tags)...)
	}
	s.regions[call.Region].snapshots = append(s.regions[call.Region].snapshots, &p)
	took := s.draw("snapshot", s.Durations.SnapshotBase)
	if from != call.Region {
		p.Status = "creating" // what a cross-region copy says: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html
		took += gib(s.draw("copy size", s.Durations.CopyPerGiB), p.storage)
	}
	s.later(call.Region, took, func() {
		if !s.cloud.Reachable(call.Region, from) {
			p.finish("failed")
			return
		}
		p.finish("available")
	})
	return &awsrds.CopyDBSnapshotOutput{DBSnapshot: new(s.describeSnapshot(&p))}, nil
}

func (s *Service) describeSnapshots(call *cloud.Call, in *awsrds.DescribeDBSnapshotsInput) (*awsrds.DescribeDBSnapshotsOutput, error) {
	out := &awsrds.DescribeDBSnapshotsOutput{}
	wanted, kind := aws.ToString(in.DBSnapshotIdentifier), aws.ToString(in.SnapshotType)
	if parts := strings.SplitN(wanted, ":", 7); len(parts) == 7 {
		wanted = parts[6]
	}
	for _, p := range s.regions[call.Region].snapshots {
		d := s.describeSnapshot(p)
		if wanted != "" && wanted != p.ID || in.DBInstanceIdentifier != nil && *in.DBInstanceIdentifier != p.instance || kind != "" && kind != *d.SnapshotType {
			continue
		}
		out.DBSnapshots = append(out.DBSnapshots, d)
	}
	if wanted != "" && len(out.DBSnapshots) == 0 {
		return nil, noSnapshot(wanted)
	}
	return out, nil
}

func (s *Service) deleteSnapshot(call *cloud.Call, in *awsrds.DeleteDBSnapshotInput) (*awsrds.DeleteDBSnapshotOutput, error) {
	id := aws.ToString(in.DBSnapshotIdentifier)
	p := s.Snapshot(call.Region, id)
	if p == nil {
		return nil, noSnapshot(id)
	}
	if p.automated || p.Status == "creating" && p.sourceRegion == "" {
		return nil, &types.InvalidDBSnapshotStateFault{Message: aws.String("The snapshot " + id + " is automated or not available: it cannot be deleted.")}
	}
	d := s.describeSnapshot(p)
	p.Status = "deleted"
	r := s.regions[call.Region]
	r.snapshots = slices.DeleteFunc(r.snapshots, func(other *Snapshot) bool { return other == p })
	return &awsrds.DeleteDBSnapshotOutput{DBSnapshot: &d}, nil
}

func (s *Service) describeSnapshot(p *Snapshot) types.DBSnapshot {
	kind, progress := "manual", int32(50)
	if p.automated {
		kind = "automated"
	}
	if p.Status == "available" {
		progress = 100
	}
	d := types.DBSnapshot{
		DBSnapshotIdentifier: aws.String(p.ID), DBSnapshotArn: aws.String(s.snapshotARN(p.Region, p.ID)), DBInstanceIdentifier: aws.String(p.instance),
		DbiResourceId: aws.String(p.resource), Status: aws.String(p.Status), SnapshotType: aws.String(kind), PercentProgress: aws.Int32(progress),
		Encrypted: aws.Bool(true), KmsKeyId: aws.String(p.key), AllocatedStorage: aws.Int32(p.storage), Engine: aws.String("postgres"),
		SnapshotCreateTime: aws.Time(p.created), SnapshotDatabaseTime: aws.Time(p.cut), TagList: copyTags(p.tags),
	}
	if p.source != "" {
		d.SourceDBSnapshotIdentifier, d.SourceRegion = aws.String(p.source), aws.String(p.sourceRegion)
	}
	return d
}
