package rds

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// BackUp has an instance back itself up for d from now on: its status is backing-up, and a replica refuses promotion.
func (s *Service) BackUp(region, id string, d time.Duration) { s.backUp(s.must(region, id), d) }

func (s *Service) backUp(i *Instance, d time.Duration) {
	if i.Status != "available" {
		return
	}
	i.Status = "backing-up"
	s.later(i.Region, d, func() {
		if i.deleted || i.Status != "backing-up" {
			return
		}
		i.Status = "available"
		s.backedUp(i, s.sim.Now())
	})
}

// backedUp adds the automated snapshot of a finished backup and drops those beyond the retention.
func (s *Service) backedUp(i *Instance, at time.Time) {
	timeline, through := s.through(i)
	snapshot := s.addSnapshot(i.Region, "rds:"+i.ID+"-"+at.Format("2006-01-02-15-04"), i)
	snapshot.automated, snapshot.Status, snapshot.created = true, "available", at
	snapshot.timeline, snapshot.cut = timeline, earlier(through, at)
	r := s.regions[i.Region]
	kept := r.snapshots[:0]
	for _, old := range r.snapshots {
		if !old.automated || old.resource != i.resource || at.Sub(old.created) <= time.Duration(i.Retention)*24*time.Hour {
			kept = append(kept, old)
		}
	}
	r.snapshots = kept
}

// scheduleBackup takes the daily backup at the beginning of the window, as long as the instance keeps backups.
func (s *Service) scheduleBackup(i *Instance) {
	if i.scheduled || i.Retention == 0 || len(i.Window) < 5 {
		return
	}
	i.scheduled = true
	next := lastWindow(i.Window, s.sim.Now()).AddDate(0, 0, 1)
	s.later(i.Region, next.Sub(s.sim.Now()), func() {
		i.scheduled = false
		if i.deleted || i.Retention == 0 {
			return
		}
		s.backUp(i, s.draw("first backup", s.Durations.FirstBackup))
		s.scheduleBackup(i)
	})
}

func lastWindow(window string, now time.Time) time.Time {
	if len(window) < 5 {
		window = "03:00"
	}
	hour, minute := clock(window)
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, time.UTC)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// latestRestorable moves in steps: "RDS uploads transaction logs for DB instances to Amazon S3 every five minutes":
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html.
func (s *Service) latestRestorable(i *Instance) time.Time {
	return later(i.earliest, s.sim.Now().Add(-time.Second).Truncate(5*time.Minute))
}

// restorable tells whether a backup of the instance was completed: before that there is no time to restore to.
func (s *Service) restorable(i *Instance) bool {
	return slices.ContainsFunc(s.regions[i.Region].snapshots, func(p *Snapshot) bool { return p.automated && p.resource == i.resource })
}

func (s *Service) automatedBackups(call *cloud.Call, in *awsrds.DescribeDBInstanceAutomatedBackupsInput) (*awsrds.DescribeDBInstanceAutomatedBackupsOutput, error) {
	out := &awsrds.DescribeDBInstanceAutomatedBackupsOutput{}
	for _, i := range s.regions[call.Region].instances {
		wanted := in.DBInstanceIdentifier == nil || *in.DBInstanceIdentifier == i.ID
		if in.DbiResourceId != nil && *in.DbiResourceId != i.resource {
			wanted = false
		}
		if !wanted || i.Retention == 0 {
			continue
		}
		backup := types.DBInstanceAutomatedBackup{
			DBInstanceIdentifier: aws.String(i.ID), DBInstanceArn: aws.String(s.arn(i)), DbiResourceId: aws.String(i.resource),
			Region: aws.String(i.Region), Engine: aws.String("postgres"), Encrypted: aws.Bool(true), KmsKeyId: aws.String(i.key),
			BackupRetentionPeriod: aws.Int32(i.Retention), PreferredBackupWindow: aws.String(i.Window), AllocatedStorage: aws.Int32(i.storage),
			InstanceCreateTime: aws.Time(i.created), Status: aws.String("creating"),
		}
		if s.restorable(i) {
			backup.Status = aws.String("active")
			backup.RestoreWindow = &types.RestoreWindow{EarliestTime: aws.Time(i.earliest), LatestTime: aws.Time(s.latestRestorable(i))}
		}
		out.DBInstanceAutomatedBackups = append(out.DBInstanceAutomatedBackups, backup)
	}
	out.DBInstanceAutomatedBackups = append(out.DBInstanceAutomatedBackups, s.replicatedTo(call.Region, in.DBInstanceIdentifier, in.DbiResourceId)...)
	return out, nil
}
