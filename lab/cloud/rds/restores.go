package rds

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerRestores() {
	cloud.Register(s.cloud, "RDS.RestoreDBInstanceFromDBSnapshot", cloud.Spec[awsrds.RestoreDBInstanceFromDBSnapshotInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.RestoreDBInstanceFromDBSnapshotInput) []grant.Action {
			target := s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier))
			id := s.snapshotName(aws.ToString(in.DBSnapshotIdentifier))
			actions := append(on(target, "rds:RestoreDBInstanceFromDBSnapshot"), on(s.snapshotARN(call.Region, id), "rds:RestoreDBInstanceFromDBSnapshot")...)
			if in.DBSubnetGroupName != nil {
				actions = append(actions, on(s.cloud.ARN("rds", call.Region, "subgrp:"+*in.DBSubnetGroupName), "rds:RestoreDBInstanceFromDBSnapshot")...)
			}
			if in.DBParameterGroupName != nil {
				actions = append(actions, on(s.cloud.ARN("rds", call.Region, "pg:"+*in.DBParameterGroupName), "rds:RestoreDBInstanceFromDBSnapshot")...)
			}
			if p := s.Snapshot(call.Region, id); p != nil {
				actions = s.withKey(actions, call.Region, p.key)
			}
			return withTags(actions, target, in.Tags)
		},
	}, s.restoreSnapshot)
	cloud.Register(s.cloud, "RDS.RestoreDBInstanceToPointInTime", cloud.Spec[awsrds.RestoreDBInstanceToPointInTimeInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.RestoreDBInstanceToPointInTimeInput) []grant.Action {
			target := s.dbARN(call.Region, aws.ToString(in.TargetDBInstanceIdentifier))
			actions := append(on(target, "rds:RestoreDBInstanceToPointInTime"), on(s.dbARN(call.Region, aws.ToString(in.SourceDBInstanceIdentifier)), "rds:RestoreDBInstanceToPointInTime")...)
			// "og*, pg*, subgrp*": the groups that the call names, same page as those of on.
			if in.DBSubnetGroupName != nil {
				actions = append(actions, on(s.cloud.ARN("rds", call.Region, "subgrp:"+*in.DBSubnetGroupName), "rds:RestoreDBInstanceToPointInTime")...)
			}
			if in.DBParameterGroupName != nil {
				actions = append(actions, on(s.cloud.ARN("rds", call.Region, "pg:"+*in.DBParameterGroupName), "rds:RestoreDBInstanceToPointInTime")...)
			}
			if i := s.Instance(call.Region, aws.ToString(in.SourceDBInstanceIdentifier)); i != nil {
				actions = s.withKey(actions, call.Region, i.key)
			}
			return withTags(actions, target, in.Tags)
		},
	}, s.restoreTime)
}

func (s *Service) snapshotName(id string) string {
	if parts := strings.SplitN(id, ":", 7); len(parts) == 7 {
		return parts[6]
	}
	return id
}

func (s *Service) restoreSnapshot(call *cloud.Call, in *awsrds.RestoreDBInstanceFromDBSnapshotInput) (*awsrds.RestoreDBInstanceFromDBSnapshotOutput, error) {
	id := strings.ToLower(aws.ToString(in.DBInstanceIdentifier))
	p := s.Snapshot(call.Region, s.snapshotName(aws.ToString(in.DBSnapshotIdentifier)))
	if p == nil {
		return nil, noSnapshot(aws.ToString(in.DBSnapshotIdentifier))
	}
	if p.Status != "available" {
		return nil, &types.InvalidDBSnapshotStateFault{Message: aws.String("The snapshot " + p.ID + " is " + p.Status + ": it has to be available.")}
	}
	i, err := s.restore(call.Region, id, p.timeline, p.cut, p.key, p.storage)
	if err != nil {
		return nil, err
	}
	i.database, i.class, i.tags, i.protected = p.database, aws.ToString(in.DBInstanceClass), copyTags(in.Tags), aws.ToBool(in.DeletionProtection)
	i.Retention, i.place = retention(in.BackupRetentionPeriod), placed(in.DBSubnetGroupName, in.VpcSecurityGroupIds)
	return &awsrds.RestoreDBInstanceFromDBSnapshotOutput{DBInstance: new(s.describe(i))}, nil
}

// restoreTime restores within the window only: a time later than LatestRestorableTime or before the first backup is
// refused: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html.
func (s *Service) restoreTime(call *cloud.Call, in *awsrds.RestoreDBInstanceToPointInTimeInput) (*awsrds.RestoreDBInstanceToPointInTimeOutput, error) {
	name := aws.ToString(in.SourceDBInstanceIdentifier)
	source := s.Instance(call.Region, name)
	if source == nil || source.deleted {
		return nil, noInstance(name)
	}
	if source.Retention == 0 {
		return nil, &types.PointInTimeRestoreNotEnabledFault{Message: aws.String("Point in time restore is not enabled on " + name + ": its backup retention is 0.")}
	}
	if !s.restorable(source) {
		return nil, invalid("%s has no completed backup: there is no time to restore to yet.", name)
	}
	latest := s.latestRestorable(source)
	at := aws.ToTime(in.RestoreTime)
	switch {
	case in.RestoreTime == nil && !aws.ToBool(in.UseLatestRestorableTime):
		return nil, combination("Either RestoreTime or UseLatestRestorableTime is required.")
	case in.RestoreTime != nil && aws.ToBool(in.UseLatestRestorableTime):
		return nil, combination("RestoreTime and UseLatestRestorableTime cannot be specified together.")
	case in.RestoreTime == nil:
		at = latest
	case at.After(latest) || at.Before(source.earliest):
		return nil, invalid("The specified instance cannot be restored to %s: the restore window is %s to %s.", at.Format(time.RFC3339), source.earliest.Format(time.RFC3339), latest.Format(time.RFC3339))
	}
	timeline, through := s.through(source)
	i, err := s.restore(call.Region, strings.ToLower(aws.ToString(in.TargetDBInstanceIdentifier)), timeline, earlier(at, through), source.key, source.storage)
	if err != nil {
		return nil, err
	}
	i.database, i.class, i.tags, i.protected = source.database, source.class, copyTags(in.Tags), aws.ToBool(in.DeletionProtection)
	i.Retention, i.place = retention(in.BackupRetentionPeriod), placed(in.DBSubnetGroupName, in.VpcSecurityGroupIds)
	return &awsrds.RestoreDBInstanceToPointInTimeOutput{DBInstance: new(s.describe(i))}, nil
}

func (s *Service) restore(region, id string, timeline *Timeline, cut time.Time, key string, storage int32) (*Instance, error) {
	if id == "" {
		return nil, invalid("The DB instance identifier is missing.")
	}
	if s.Instance(region, id) != nil {
		return nil, taken(id)
	}
	if _, err := s.keys.Resolve(region, key); err != nil {
		return nil, keyFault(key, err)
	}
	i := s.add(region, id)
	i.Status, i.key, i.storage, i.acl, i.Window = "creating", key, storage, s.acl(region, nil), "03:00-04:00"
	i.timeline = s.newTimeline(i, timeline, cut)
	ending := s.restoring
	s.later(region, s.draw("restore", s.Durations.Restore)+gib(s.draw("snapshot size", s.Durations.SnapshotPerGiB), storage), func() {
		if ending != "" {
			i.Status = ending
			return
		}
		i.Status, i.serving, i.earliest = "available", true, s.sim.Now()
		if i.Retention > 0 { // 0 turns automated backups off, the first one included
			s.backUp(i, s.draw("first backup", s.Durations.FirstBackup))
		}
		s.scheduleBackup(i)
	})
	return i, nil
}

// EndRestores has every restore from now on end in a status: creating for one that goes on for ever, incompatible-restore
// for one that failed, "" for one that works.
func (s *Service) EndRestores(status string) { s.restoring = status }

// Drop takes an instance out of the world at once, as somebody who deleted it before a scenario looks.
func (s *Service) Drop(region, id string) {
	i, r := s.must(region, id), s.regions[region]
	i.deleted, i.serving = true, false
	r.instances = slices.DeleteFunc(r.instances, func(other *Instance) bool { return other == i })
}

// History is how many transactions of an instance's history were committed after a moment.
func (s *Service) History(i *Instance, after time.Time) int64 {
	timeline, through := s.through(i)
	return timeline.transactions(through) - timeline.transactions(after)
}

func retention(days *int32) int32 {
	if days == nil {
		return 1
	}
	return *days
}
