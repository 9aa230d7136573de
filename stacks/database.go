package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
)

// PostgreSQL as it is first made; RDS applies minor versions in the maintenance window, and CloudFormation never goes back.
const (
	postgresVersion = "17.9"
	postgresFamily  = "postgres17"
)

var yes, no = jsii.Bool(true), jsii.Bool(false)

// database is the instance in the primary region and its cross-region replica in the other. Both are L1: the L2 of the
// replica is broken from Go (https://github.com/aws/aws-cdk/issues/28998), and the two are read side by side.
func (w *workload) database() {
	props := w.databaseProps()
	if w.withoutDatabase() {
		return
	}
	if w.active() {
		w.source(props)
	} else {
		w.replica(props)
	}
	instance := awsrds.NewCfnDBInstance(w.Stack, jsii.String("database"), props)
	// Promotion makes the replica a database of its own; a rollback of this stack must not take it away.
	instance.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	accept(instance,
		solutions("RDS11", "The port is no secret: only the networks of the two regions reach it, and the ACL around it is the fence."),
		both("RDSInBackupPlan", "RDS takes automated backups and replicates them; the backup machine takes and copies snapshots. AWS Backup would be a third owner."))
	if !w.active() {
		const inherited = "A replica inherits encryption from its source and names its own region's key; CloudFormation forbids the property beside a source."
		accept(instance, solutions("RDS2", inherited), both("RDSStorageEncrypted", inherited))
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html: StorageEncrypted is
		// not to be written beside a source, and cfn-lint's E3720 wants it beside every KmsKeyId.
		instance.AddMetadata(jsii.String("cfn-lint"), map[string]any{"config": map[string]any{"ignore_checks": []string{"E3720"}}})
	}
}

// databaseProps are what source and replica share.
func (w *workload) databaseProps() *awsrds.CfnDBInstanceProps {
	access := awsec2.NewSecurityGroup(w.Stack, jsii.String("database-access"), &awsec2.SecurityGroupProps{
		Vpc: w.foundation.vpc, Description: jsii.String("PostgreSQL from the networks of both regions"), AllowAllOutbound: jsii.Bool(false),
	})
	for _, region := range []string{w.region, w.env.Pair(w.region)} {
		access.AddIngressRule(awsec2.Peer_Ipv4(jsii.String(w.env.Network(region))), awsec2.Port_Tcp(jsii.Number(postgresPort)),
			jsii.String("services and functions of "+region), jsii.Bool(false))
	}
	subnets := awsrds.NewCfnDBSubnetGroup(w.Stack, jsii.String("database-subnets"), &awsrds.CfnDBSubnetGroupProps{
		DbSubnetGroupDescription: jsii.String("Database subnets of " + w.env.Prefix()),
		SubnetIds:                w.foundation.vpc.SelectSubnets(&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}).SubnetIds,
	})
	parameters := awsrds.NewCfnDBParameterGroup(w.Stack, jsii.String("database-parameters"), &awsrds.CfnDBParameterGroupProps{
		Description: jsii.String("TLS only, connections logged"), Family: jsii.String(postgresFamily),
		Parameters: map[string]string{"rds.force_ssl": "1", "log_connections": "1", "log_disconnections": "1"},
	})
	w.network(subnets.Ref(), access.SecurityGroupId(), parameters.Ref())
	return &awsrds.CfnDBInstanceProps{
		DbInstanceIdentifier: jsii.String(w.env.DatabaseIn(w.region)), DbInstanceClass: jsii.String(w.env.Database.InstanceClass),
		Engine: jsii.String("postgres"), StorageType: jsii.String("gp3"), KmsKeyId: w.foundation.database.KeyArn(),
		DbSubnetGroupName: subnets.Ref(), DbParameterGroupName: parameters.Ref(), VpcSecurityGroups: &[]*string{access.SecurityGroupId()},
		PubliclyAccessible: no, DeletionProtection: yes, DeleteAutomatedBackups: no, CopyTagsToSnapshot: yes, AutoMinorVersionUpgrade: yes,
		EnableIamDatabaseAuthentication: yes, // the functions log in with it
		PreferredBackupWindow:           jsii.String(w.env.Database.BackupWindow), PreferredMaintenanceWindow: jsii.String("sun:05:00-sun:06:00"),
		MonitoringInterval: jsii.Number(60), MonitoringRoleArn: w.monitoring().RoleArn(),
		EnablePerformanceInsights: yes, PerformanceInsightsKmsKeyId: w.foundation.database.KeyArn(),
		EnableCloudwatchLogsExports: jsii.Strings("postgresql", "upgrade"), CaCertificateIdentifier: jsii.String("rds-ca-rsa2048-g1"),
	}
}

// source adds what only the writer has: storage, its password, Multi-AZ, and the replication of its automated backups,
// from which the recovery region can restore to a point in time without the primary.
func (w *workload) source(props *awsrds.CfnDBInstanceProps) {
	password := w.password()
	props.EngineVersion, props.DbName = jsii.String(postgresVersion), jsii.String(w.env.Database.Name)
	props.AllocatedStorage, props.MaxAllocatedStorage = jsii.String("100"), jsii.Number(1000)
	props.StorageEncrypted, props.MultiAz = yes, yes
	props.BackupRetentionPeriod = jsii.Number(w.env.Database.BackupRetention.Days())
	props.MasterUsername, props.MasterUserPassword = jsii.String(masterUser), jsii.String("{{resolve:secretsmanager:"+*password.Ref()+":SecretString:password}}")
	props.AutomaticBackupReplicationRegion = jsii.String(w.env.Pair(w.region))
	props.AutomaticBackupReplicationKmsKeyId = w.databaseKeyInPair()
	props.AutomaticBackupReplicationRetentionPeriod = jsii.Number(w.env.Database.BackupRetention.Days())
}

// databaseKeyInPair is the other region's key: the replica of ours, or the one that the owner names.
func (w *workload) databaseKeyInPair() *string {
	pair := w.env.Pair(w.region)
	name := w.env.DatabaseKey(pair)
	switch {
	case strings.HasPrefix(name, "arn:"):
		return jsii.String(name)
	case ourKey(name) && ourKey(w.env.DatabaseKey(w.region)):
		return w.keyInPair(w.foundation.database)
	default:
		return jsii.String(fmt.Sprintf("arn:aws:kms:%s:%s:%s", pair, w.env.Account, keyResource(name)))
	}
}

const masterUser = "acso_admin"

// password is made by CloudFormation and copied to the recovery region, where it is needed after a promotion. RDS cannot
// manage it itself, since then no replica could be made:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations
func (w *workload) password() awssecretsmanager.CfnSecret {
	secret := awssecretsmanager.NewCfnSecret(w.Stack, jsii.String("database-password"), &awssecretsmanager.CfnSecretProps{
		Name: jsii.String(w.env.Prefix() + "/database"), Description: jsii.String("Master user of " + w.env.Database.Identifier),
		KmsKeyId: w.foundation.data.KeyArn(),
		GenerateSecretString: &awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
			SecretStringTemplate: jsii.String(`{"username":"` + masterUser + `"}`), GenerateStringKey: jsii.String("password"),
			PasswordLength: jsii.Number(40), ExcludeCharacters: jsii.String(`"@/\ '`),
		},
		ReplicaRegions: &[]any{&awssecretsmanager.CfnSecret_ReplicaRegionProperty{Region: jsii.String(w.env.Pair(w.region)), KmsKeyId: w.keyInPair(w.foundation.data)}},
	})
	secret.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	const unused = "Nobody uses the master user in operation: services and functions log in by IAM. Rotating it takes a function in the network with the right to change it."
	accept(secret, solutions("SMG4", unused), both("SecretsManagerRotationEnabled", unused))
	return secret
}

// replica adds what only the replica has. Its own backups begin with promotion, which names the environment's retention;
// one day until then makes the replica promotable, since a promotion wants a completed backup.
func (w *workload) replica(props *awsrds.CfnDBInstanceProps) {
	props.SourceDbInstanceIdentifier = jsii.String(fmt.Sprintf("arn:aws:rds:%s:%s:db:%s", w.env.Pair(w.region), w.env.Account, w.env.DatabaseIn(w.env.Pair(w.region))))
	props.SourceRegion = jsii.String(w.env.Pair(w.region))
	props.BackupRetentionPeriod = jsii.Number(1)
	// A standby in a second zone from the start: after a promotion this is the production database.
	props.MultiAz = yes
}

func (w *workload) monitoring() awsiam.Role {
	role := awsiam.NewRole(w.Stack, jsii.String("database-monitoring"), &awsiam.RoleProps{
		Path:      jsii.String(w.env.RolePath(w.region, w.name, "monitoring.rds")),
		AssumedBy: w.confused("monitoring.rds.amazonaws.com"), Description: jsii.String("Enhanced monitoring of the database in " + w.region),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonRDSEnhancedMonitoringRole"))},
	})
	accept(role, solutions("IAM4", "Enhanced monitoring takes this policy of AWS's, which writes one log group: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html"))
	return role
}
