package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsefs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// storage is the workload's data beside the database: files, objects and images, each replicated to the recovery region.
// The recovery region's stack is deployed first, since a replication names a target that exists.
type storage struct {
	*place
	foundation *foundation
	files      *string // identifier of the file system
	fileAccess awsec2.SecurityGroup
	entrance   awsefs.CfnAccessPoint // of the functions that read the files
}

// storage makes the stack of a region; standby is that of the recovery region, and nil there.
func (a *app) storage(f *foundation, standby *storage) *storage {
	s := &storage{place: a.place(f.region, "storage", "Files, objects and images of "+a.options.Environment.Prefix()), foundation: f}
	if s.existing().Data == "" {
		s.objects()
	}
	if existing := s.existing().Files; existing != "" {
		s.files = jsii.String(existing)
	} else {
		s.fileSystem(standby)
	}
	s.enter()
	s.images(standby)
	if standby != nil {
		s.AddDependency(standby.Stack, jsii.String("replication names the bucket and the file system of the recovery region"))
	}
	return s
}

// objects is the data bucket. Deleted and overwritten objects can be had back for as long as daily backups are kept.
func (s *storage) objects() {
	name := s.env.BucketIn(s.region, s.env.Buckets.Data)
	data := bucket{
		id: "data", name: name, key: s.foundation.data, logs: *s.foundation.accessLogs.Ref(),
		lifecycle: []any{oldVersions(s.env.Backup.Data.Daily.Days()), tidying()},
	}
	data.replica, data.deletes = s.replicaOf(s.env.Buckets.Data), true
	s.bucket(data)
}

// fileSystem is /app/data. Functions find it by its Name tag: CloudFormation chooses the creation token.
func (s *storage) fileSystem(standby *storage) {
	props := &awsefs.CfnFileSystemProps{
		Encrypted: jsii.Bool(true), KmsKeyId: s.foundation.database.KeyArn(), ThroughputMode: jsii.String("elastic"),
		FileSystemTags: &[]*awsefs.CfnFileSystem_ElasticFileSystemTagProperty{{Key: jsii.String("Name"), Value: jsii.String(s.env.FileSystem(s.region))}},
		BackupPolicy:   &awsefs.CfnFileSystem_BackupPolicyProperty{Status: jsii.String("ENABLED")},
		FileSystemPolicy: awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("MountTargetsOnly"), Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
				Actions:    jsii.Strings("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"),
				Conditions: &map[string]any{"Bool": map[string]string{"elasticfilesystem:AccessedViaMountTarget": "true"}}, Resources: jsii.Strings("*"),
			}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("EncryptedOnly"), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
				Actions: jsii.Strings("*"), Resources: jsii.Strings("*"), Conditions: &map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
			}),
		}}),
	}
	if standby == nil {
		// The target of a replication must not be protected from being overwritten; EFS makes it read-only.
		// https://docs.aws.amazon.com/efs/latest/ug/replication-use-cases.html
		props.FileSystemProtection = &awsefs.CfnFileSystem_FileSystemProtectionProperty{ReplicationOverwriteProtection: jsii.String("DISABLED")}
	} else {
		props.ReplicationConfiguration = &awsefs.CfnFileSystem_ReplicationConfigurationProperty{Destinations: &[]any{&awsefs.CfnFileSystem_ReplicationDestinationProperty{
			Region: jsii.String(standby.region), FileSystemId: standby.files,
		}}}
	}
	made := awsefs.NewCfnFileSystem(s.Stack, jsii.String("files"), props)
	made.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	accept(made, both("EFSInBackupPlan", "Its own backup policy is on, which is AWS Backup's plan for file systems; the rule looks for a plan in the template."))
	s.files = made.AttrFileSystemId()
	s.mountTargets()
}

// enter is how functions come to the files, whoever made the file system: whoever owns a file, its backup reads it.
func (s *storage) enter() {
	root := &awsefs.CfnAccessPoint_PosixUserProperty{Uid: jsii.String("0"), Gid: jsii.String("0")}
	s.entrance = awsefs.NewCfnAccessPoint(s.Stack, jsii.String("backup-entrance"), &awsefs.CfnAccessPointProps{FileSystemId: s.files, PosixUser: root})
}

func (s *storage) mountTargets() {
	s.fileAccess = awsec2.NewSecurityGroup(s.Stack, jsii.String("file-access"), &awsec2.SecurityGroupProps{
		Vpc: s.foundation.vpc, Description: jsii.String("NFS from the services of this region"), AllowAllOutbound: jsii.Bool(false),
	})
	s.fileAccess.AddIngressRule(awsec2.Peer_Ipv4(jsii.String(s.env.Network(s.region))), awsec2.Port_Tcp(jsii.Number(2049)), jsii.String("NFS over TLS"), jsii.Bool(false))
	for i, subnet := range *s.foundation.vpc.PrivateSubnets() {
		awsefs.NewCfnMountTarget(s.Stack, id("mount", i), &awsefs.CfnMountTargetProps{
			FileSystemId: s.files, SubnetId: subnet.SubnetId(), SecurityGroups: &[]*string{s.fileAccess.SecurityGroupId()},
		})
	}
}

// mounted is the file system as functions see it, below FilesMount.
func (s *storage) mounted() awslambda.FileSystem {
	return awslambda.NewFileSystem(&awslambda.FileSystemConfig{
		Arn: s.entrance.AttrArn(), LocalMountPath: jsii.String(filesMount),
	})
}

// filesMount is where a function finds the files; see internal/bootstrap. Lambda allows no path outside /mnt.
const filesMount = "/mnt/data"

func (s *storage) filesARN() *string {
	return awscdk.Fn_Join(jsii.String("/"), &[]*string{jsii.String(s.arn("elasticfilesystem", "file-system")), s.files})
}

// images are the repositories, filled from the primary's by replication: a standby that had to pull from a dead region
// would start nothing.
func (s *storage) images(standby *storage) {
	for _, service := range s.env.Services {
		if len(s.existing().Images) > 0 {
			return // replication too is its owner's: ECR has one configuration for the whole registry
		}
		repository := awsecr.NewCfnRepository(s.Stack, jsii.String("image-"+service.Name), &awsecr.CfnRepositoryProps{
			RepositoryName: jsii.String(s.env.Repository(service.Name)), ImageTagMutability: jsii.String("MUTABLE"),
			ImageScanningConfiguration: &awsecr.CfnRepository_ImageScanningConfigurationProperty{ScanOnPush: jsii.Bool(true)},
			EncryptionConfiguration:    &awsecr.CfnRepository_EncryptionConfigurationProperty{EncryptionType: jsii.String("KMS"), KmsKey: s.foundation.data.KeyArn()},
		})
		repository.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	}
	if standby == nil {
		return
	}
	var filters []any
	for _, service := range s.env.Services {
		filters = append(filters, &awsecr.CfnReplicationConfiguration_RepositoryFilterProperty{Filter: jsii.String(s.env.Repository(service.Name)), FilterType: jsii.String("PREFIX_MATCH")})
	}
	awsecr.NewCfnReplicationConfiguration(s.Stack, jsii.String("image-replication"), &awsecr.CfnReplicationConfigurationProps{
		ReplicationConfiguration: &awsecr.CfnReplicationConfiguration_ReplicationConfigurationProperty{Rules: &[]any{&awsecr.CfnReplicationConfiguration_ReplicationRuleProperty{
			Destinations:      &[]any{&awsecr.CfnReplicationConfiguration_ReplicationDestinationProperty{Region: jsii.String(standby.region), RegistryId: jsii.String(s.env.Account)}},
			RepositoryFilters: &filters,
		}}},
	})
}
