package rds

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// registerReplicated models the replication of automated backups. Which actions AWS checks beyond the one of its name it
// does not say; that it needs the key as a copy does is a guess on the safe side.
// docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
func (s *Service) registerReplicated() {
	cloud.Register(s.cloud, "RDS.StartDBInstanceAutomatedBackupsReplication", cloud.Spec[awsrds.StartDBInstanceAutomatedBackupsReplicationInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.StartDBInstanceAutomatedBackupsReplicationInput) []grant.Action {
			return s.withKey(on(aws.ToString(in.SourceDBInstanceArn), "rds:StartDBInstanceAutomatedBackupsReplication"), call.Region, aws.ToString(in.KmsKeyId))
		},
	}, s.startReplication)
}

// startReplication is made in the region that shall have the backups. The identifiers that it does not know fail as those
// of instances do: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartDBInstanceAutomatedBackupsReplication.html.
// What it answers for a replication that is there already is a guess.
func (s *Service) startReplication(call *cloud.Call, in *awsrds.StartDBInstanceAutomatedBackupsReplicationInput) (*awsrds.StartDBInstanceAutomatedBackupsReplicationOutput, error) {
	source := s.named(call.Region, aws.ToString(in.SourceDBInstanceArn))
	switch {
	case source == nil:
		return nil, noInstance(aws.ToString(in.SourceDBInstanceArn))
	case !s.cloud.Reachable(call.Region, source.Region):
		return nil, cloud.ServerError() // a guess, as for a replica
	case source.Retention == 0 || source.Status != "available":
		return nil, badState("DB Instance %s is %s with backup retention %d: its automated backups cannot be replicated.", source.ID, source.Status, source.Retention)
	}
	key, err := s.copyKey(call.Region, aws.ToString(in.KmsKeyId), source.key, true)
	if err != nil {
		return nil, err
	}
	for _, p := range s.replicated {
		if p.source == source && p.region == call.Region {
			return nil, badState("The automated backups of %s are replicated already.", source.ID)
		}
	}
	s.ReplicateBackups(source.Region, source.ID, call.Region, key, aws.ToInt32(in.BackupRetentionPeriod))
	s.replicated[len(s.replicated)-1].begins = s.sim.Now().Add(s.draw("first-shipping", s.Durations.FirstShipping))
	return &awsrds.StartDBInstanceAutomatedBackupsReplicationOutput{}, nil
}
