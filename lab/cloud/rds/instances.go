package rds

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerInstances() {
	c := s.cloud
	cloud.Register(c, "RDS.DescribeDBInstances", cloud.Spec[awsrds.DescribeDBInstancesInput]{
		Actions: func(call *cloud.Call, in *awsrds.DescribeDBInstancesInput) []grant.Action {
			id := aws.ToString(in.DBInstanceIdentifier)
			if id == "" {
				id = "*"
			}
			return on(s.dbARN(call.Region, id), "rds:DescribeDBInstances")
		},
	}, s.describeInstances)
	cloud.Register(c, "RDS.PromoteReadReplica", cloud.Spec[awsrds.PromoteReadReplicaInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.PromoteReadReplicaInput) []grant.Action {
			return on(s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier)), "rds:PromoteReadReplica")
		},
	}, s.promote)
	cloud.Register(c, "RDS.CreateDBInstanceReadReplica", cloud.Spec[awsrds.CreateDBInstanceReadReplicaInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.CreateDBInstanceReadReplicaInput) []grant.Action {
			target := s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier))
			actions := on(target, "rds:CreateDBInstanceReadReplica")
			if source := aws.ToString(in.SourceDBInstanceIdentifier); strings.HasPrefix(source, "arn:") {
				actions = append(actions, on(source, "rds:CreateDBInstanceReadReplica")...)
			}
			return s.withKey(withTags(actions, target, in.Tags), call.Region, aws.ToString(in.KmsKeyId))
		},
	}, s.createReplica)
	cloud.Register(c, "RDS.ModifyDBInstance", cloud.Spec[awsrds.ModifyDBInstanceInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.ModifyDBInstanceInput) []grant.Action {
			return on(s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier)), "rds:ModifyDBInstance")
		},
	}, s.modify)
	cloud.Register(c, "RDS.RebootDBInstance", cloud.Spec[awsrds.RebootDBInstanceInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.RebootDBInstanceInput) []grant.Action {
			return on(s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier)), "rds:RebootDBInstance")
		},
	}, s.reboot)
	cloud.Register(c, "RDS.DeleteDBInstance", cloud.Spec[awsrds.DeleteDBInstanceInput]{
		Mutating: true,
		Actions: func(call *cloud.Call, in *awsrds.DeleteDBInstanceInput) []grant.Action {
			actions := on(s.dbARN(call.Region, aws.ToString(in.DBInstanceIdentifier)), "rds:DeleteDBInstance")
			if final := aws.ToString(in.FinalDBSnapshotIdentifier); final != "" {
				actions = append(actions, on(s.snapshotARN(call.Region, final), "rds:CreateDBSnapshot")...)
			}
			return actions
		},
	}, s.delete)
	cloud.Register(c, "RDS.DescribeDBInstanceAutomatedBackups", cloud.Spec[awsrds.DescribeDBInstanceAutomatedBackupsInput]{
		Actions: func(call *cloud.Call, _ *awsrds.DescribeDBInstanceAutomatedBackupsInput) []grant.Action {
			return on(c.ARN("rds", call.Region, "auto-backup:*"), "rds:DescribeDBInstanceAutomatedBackups")
		},
	}, s.automatedBackups)
}

func (s *Service) describeInstances(call *cloud.Call, in *awsrds.DescribeDBInstancesInput) (*awsrds.DescribeDBInstancesOutput, error) {
	out := &awsrds.DescribeDBInstancesOutput{}
	if id := aws.ToString(in.DBInstanceIdentifier); id != "" {
		i := s.named(call.Region, id)
		if i == nil || i.Region != call.Region {
			return nil, noInstance(id)
		}
		out.DBInstances = []types.DBInstance{s.describe(i)}
		return out, nil
	}
	for _, i := range s.regions[call.Region].instances {
		out.DBInstances = append(out.DBInstances, s.describe(i))
	}
	return out, nil
}

func (s *Service) createReplica(call *cloud.Call, in *awsrds.CreateDBInstanceReadReplicaInput) (*awsrds.CreateDBInstanceReadReplicaOutput, error) {
	id := strings.ToLower(aws.ToString(in.DBInstanceIdentifier))
	if s.Instance(call.Region, id) != nil {
		return nil, taken(id)
	}
	source := s.named(call.Region, aws.ToString(in.SourceDBInstanceIdentifier))
	if source == nil {
		return nil, noInstance(aws.ToString(in.SourceDBInstanceIdentifier))
	}
	crossRegion := source.Region != call.Region
	if crossRegion && !s.cloud.Reachable(call.Region, source.Region) {
		return nil, cloud.ServerError() // a guess: AWS does not say what it answers while the source's region is gone
	}
	if source.link != nil {
		return nil, badState("DB Instance %s is itself a read replica: the lab models no cascades.", source.ID)
	}
	if source.Retention == 0 || source.Status != "available" { // "automatic backups must be enabled on the source"
		return nil, badState("DB Instance %s is %s with backup retention %d: it cannot be the source of a replica.", source.ID, source.Status, source.Retention)
	}
	key, err := s.copyKey(call.Region, aws.ToString(in.KmsKeyId), source.key, crossRegion)
	if err != nil {
		return nil, err
	}
	i := s.add(call.Region, id)
	i.Status, i.key, i.class, i.database, i.storage, i.acl = "creating", key, source.class, source.database, source.storage, s.acl(call.Region, source)
	i.Window, i.tags, i.protected = source.Window, copyTags(in.Tags), aws.ToBool(in.DeletionProtection)
	if in.DBInstanceClass != nil {
		i.class = *in.DBInstanceClass
	}
	s.follow(i, source)
	s.later(i.Region, s.draw("create", s.Durations.Create), func() {
		i.Status, i.serving = "available", true
		i.link.settled, i.link.applied = s.sim.Now(), s.sim.Now().Add(-i.link.lag)
	})
	return &awsrds.CreateDBInstanceReadReplicaOutput{DBInstance: new(s.describe(i))}, nil
}

// acl is the network ACL of the database subnets of a region: that of the databases which are there, else none.
func (s *Service) acl(region string, like *Instance) string {
	if like != nil && like.Region == region {
		return like.acl
	}
	for _, i := range s.regions[region].instances {
		if i.acl != "" {
			return i.acl
		}
	}
	return ""
}

// copyKey is the key of a copy: "if you copy an encrypted snapshot to a different Region, you must specify a KMS key
// identifier for the destination Region": docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html.
func (s *Service) copyKey(region, wanted, source string, crossRegion bool) (string, error) {
	if wanted == "" {
		if crossRegion {
			return "", &types.KMSKeyNotAccessibleFault{Message: aws.String("The source is encrypted: a copy in another Region needs a KmsKeyId of that Region.")}
		}
		wanted = source
	}
	arn, err := s.keys.Resolve(region, wanted)
	if err != nil {
		return "", keyFault(wanted, err)
	}
	return arn, nil
}

func taken(id string) error {
	return &types.DBInstanceAlreadyExistsFault{Message: aws.String("DB instance already exists: " + id)}
}
