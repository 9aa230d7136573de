package rds

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// modify changes name, retention, window, class and deletion protection. A rename reboots the instance and changes its
// endpoint; it is gone until the new name is effective: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html. Without ApplyImmediately a rename
// waits for the maintenance window, which the lab does not model, so it refuses one.
func (s *Service) modify(call *cloud.Call, in *awsrds.ModifyDBInstanceInput) (*awsrds.ModifyDBInstanceOutput, error) {
	id := aws.ToString(in.DBInstanceIdentifier)
	i := s.Instance(call.Region, id)
	if i == nil {
		return nil, noInstance(id)
	}
	if i.promoting || i.Status != "available" && i.Status != "backing-up" {
		return nil, badState("Database instance is not in available state: %s is %s.", id, i.Status)
	}
	name := strings.ToLower(aws.ToString(in.NewDBInstanceIdentifier))
	if name != "" && name != id {
		if s.Instance(call.Region, name) != nil {
			return nil, taken(name)
		}
		if !aws.ToBool(in.ApplyImmediately) {
			return nil, combination("the lab renames only with ApplyImmediately: it models no maintenance window")
		}
	}
	enabled := false
	if r := in.BackupRetentionPeriod; r != nil {
		if *r < 0 || *r > 35 {
			return nil, invalid("Invalid backup retention period: %d. Must be between 0 and 35.", *r)
		}
		if *r == 0 && i.link == nil && len(s.describe(i).ReadReplicaDBInstanceIdentifiers) > 0 {
			return nil, invalid("Cannot disable backups on %s: it is the source of read replicas.", id)
		}
		if i.Retention == 0 && *r > 0 {
			i.earliest, enabled = s.sim.Now(), true
		}
		i.Retention = *r
		s.scheduleBackup(i)
	}
	if in.PreferredBackupWindow != nil {
		i.Window = *in.PreferredBackupWindow
	}
	if in.DeletionProtection != nil {
		i.protected = *in.DeletionProtection
	}
	if in.DBInstanceClass != nil {
		i.class = *in.DBInstanceClass
	}
	if name != "" && name != id {
		s.restart(i, s.draw("rename", s.Durations.Rename), func() { i.ID, i.Status = name, "available" })
		i.Status = "renaming"
		return &awsrds.ModifyDBInstanceOutput{DBInstance: new(s.describe(i))}, nil
	}
	if i.Status == "available" {
		i.Status = "modifying"
		s.later(i.Region, s.draw("modify", s.Durations.Modify), func() {
			if i.Status == "modifying" && !i.promoting {
				i.Status = "available"
				// "Your RDS instance and database are taken offline and a backup is immediately created":
				// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Enabling.html.
				if enabled {
					s.backUp(i, s.draw("first backup", s.Durations.FirstBackup))
				}
			}
		})
	}
	return &awsrds.ModifyDBInstanceOutput{DBInstance: new(s.describe(i))}, nil
}

func (s *Service) reboot(call *cloud.Call, in *awsrds.RebootDBInstanceInput) (*awsrds.RebootDBInstanceOutput, error) {
	id := aws.ToString(in.DBInstanceIdentifier)
	i := s.Instance(call.Region, id)
	if i == nil {
		return nil, noInstance(id)
	}
	if i.promoting || i.Status != "available" {
		return nil, badState("Database instance is not in available state: %s is %s.", id, i.Status)
	}
	s.restart(i, s.draw("reboot", s.Durations.Reboot), func() { i.Status = "available" })
	return &awsrds.RebootDBInstanceOutput{DBInstance: new(s.describe(i))}, nil
}

func (s *Service) delete(call *cloud.Call, in *awsrds.DeleteDBInstanceInput) (*awsrds.DeleteDBInstanceOutput, error) {
	id := aws.ToString(in.DBInstanceIdentifier)
	i := s.Instance(call.Region, id)
	if i == nil {
		return nil, noInstance(id)
	}
	if i.protected {
		return nil, combination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
	}
	if i.promoting || i.Status == "deleting" || i.Status == "creating" {
		return nil, badState("DB Instance %s is %s and cannot be deleted now.", id, i.Status)
	}
	final := aws.ToString(in.FinalDBSnapshotIdentifier)
	if !aws.ToBool(in.SkipFinalSnapshot) && final == "" {
		return nil, combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	}
	if final != "" {
		if i.link != nil { // "if you delete a read replica, SkipFinalSnapshot must be specified"
			return nil, combination("a final snapshot of the read replica %s is not possible", id)
		}
		if _, err := s.snapshot(i, final, nil); err != nil {
			return nil, err
		}
	}
	s.settle()
	i.Status, i.serving, i.deleted = "deleting", false, true
	i.boot++
	s.later(i.Region, s.draw("delete", s.Durations.Delete), func() {
		r := s.regions[i.Region]
		r.instances = slices.DeleteFunc(r.instances, func(other *Instance) bool { return other == i })
		r.snapshots = slices.DeleteFunc(r.snapshots, func(old *Snapshot) bool { return old.automated && old.resource == i.resource })
	})
	return &awsrds.DeleteDBInstanceOutput{DBInstance: new(s.describe(i))}, nil
}
