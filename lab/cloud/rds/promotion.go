package rds

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// promote begins the one-way street from replica to writer. Replication stops at once: what was not applied is lost. The
// status says available for a while, then modifying, then rebooting; the source disappears with the reboot, and writes
// are accepted after it. "When you promote a read replica, RDS reboots the DB instance before making it available":
// docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html.
func (s *Service) promote(call *cloud.Call, in *awsrds.PromoteReadReplicaInput) (*awsrds.PromoteReadReplicaOutput, error) {
	id := aws.ToString(in.DBInstanceIdentifier)
	i := s.Instance(call.Region, id)
	if i == nil {
		return nil, noInstance(id)
	}
	retention, window := int32(1), i.Window // "Default: 1": docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
	if in.BackupRetentionPeriod != nil {
		retention = *in.BackupRetentionPeriod
	}
	if in.PreferredBackupWindow != nil {
		window = *in.PreferredBackupWindow
	}
	if retention < 0 || retention > 35 {
		return nil, invalid("Invalid backup retention period: %d. Must be between 0 and 35.", retention)
	}
	if i.link == nil {
		return nil, badState("DB Instance %s is not a read replica.", id)
	}
	if i.promoting || i.Status != "available" { // backing-up above all: same page
		return nil, badState("DB Instance %s is not in a state that allows promotion: its status is %s and promotion in progress is %t.", id, i.Status, i.promoting)
	}
	s.advance(i)
	i.promoting = true
	s.later(i.Region, s.draw("promotion quiet", s.Durations.PromotionQuiet), func() {
		i.Status, i.Retention, i.Window = "modifying", retention, window
		s.later(i.Region, s.draw("promotion modify", s.Durations.PromotionModify), func() { s.detach(i) })
	})
	return &awsrds.PromoteReadReplicaOutput{DBInstance: new(s.describe(i))}, nil
}

func (s *Service) detach(i *Instance) {
	reboot := s.draw("reboot", s.Durations.Reboot)
	if i.failWith != "" {
		s.restart(i, reboot, func() { i.Status, i.serving, i.failWith, i.promoting = i.failWith, false, "", false })
		return
	}
	i.timeline = s.newTimeline(i, i.link.source.timeline, i.link.applied)
	i.link = nil
	s.restart(i, reboot, func() {
		i.promoting = false
		i.Status = "available"
		if i.Retention > 0 {
			i.earliest = s.sim.Now()
			s.backUp(i, s.draw("first backup", s.Durations.FirstBackup))
		}
		s.scheduleBackup(i)
	})
}

// FailPromotion has the next promotion of a replica end in a status from which nothing leads back, for example
// incompatible-parameters: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html.
func (s *Service) FailPromotion(region, id, status string) { s.replica(region, id).failWith = status }

// Promoted makes a replica a writer at once, as if it had been promoted before the world began.
func (s *Service) Promoted(region, id string) {
	i := s.replica(region, id)
	s.advance(i)
	i.timeline = s.newTimeline(i, i.link.source.timeline, i.link.applied)
	i.link = nil
}
