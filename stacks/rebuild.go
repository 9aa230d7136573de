package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"

	"github.com/acso/disaster-recovery/internal/grant"
)

// rebuildMinutes is when a build is given up: a deployment of the workload takes a third of it.
const rebuildMinutes = 100

// rebuilding is the project that deploys the workload of this region again, from the archive of what was deployed. It exists
// before it is needed, since a restore of the whole system cannot wait for roles.
func (r *restore) rebuilding() {
	name := r.env.RebuildProject()
	logs := r.logGroup("rebuild-logs", "/aws/codebuild/"+name, r.foundation.data)
	backups := "arn:aws:s3:::" + r.env.BucketIn(r.region, r.env.Buckets.Backups)
	role := r.role("rebuild", "codebuild.amazonaws.com", "Deploys the workload of the region again",
		grant.Grant{Actions: []string{"s3:GetObjectVersion"}, Resources: []string{backups + "/*"}},
		// The CDK deploys by roles of its own, which its bootstrapping made: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
		grant.Grant{Actions: []string{"sts:AssumeRole"}, Resources: []string{fmt.Sprintf("arn:aws:iam::%s:role/cdk-hnb659fds-*-%s-%s", r.env.Account, r.env.Account, r.region)}},
		deliver(*logs.LogGroupArn()),
	)
	project := awscodebuild.NewCfnProject(r.Stack, jsii.String("rebuild"), &awscodebuild.CfnProjectProps{
		Name: jsii.String(name), Description: jsii.String("Deploys the workload of " + r.region + " from the archive of what was deployed"),
		ServiceRole: role.RoleArn(), EncryptionKey: r.foundation.data.KeyArn(), TimeoutInMinutes: jsii.Number(rebuildMinutes), ConcurrentBuildLimit: jsii.Number(1),
		Artifacts: &awscodebuild.CfnProject_ArtifactsProperty{Type: jsii.String("NO_ARTIFACTS")},
		Source:    &awscodebuild.CfnProject_SourceProperty{Type: jsii.String("NO_SOURCE"), BuildSpec: jsii.String(r.buildspec(backups))},
		Environment: &awscodebuild.CfnProject_EnvironmentProperty{
			Type: jsii.String("ARM_CONTAINER"), ComputeType: jsii.String("BUILD_GENERAL1_LARGE"), Image: jsii.String("aws/codebuild/amazonlinux-aarch64-standard:3.0"),
		},
		LogsConfig: &awscodebuild.CfnProject_LogsConfigProperty{CloudWatchLogs: &awscodebuild.CfnProject_CloudWatchLogsConfigProperty{
			Status: jsii.String("ENABLED"), GroupName: logs.LogGroupName(),
		}},
	})
	project.Node().AddDependency(role.policy)
	accept(project, both("CodeBuildProjectSourceRepoUrl", "It has no source repository: it takes the archive from the backup bucket, and checks its digest, and its files against the commit, before it uses them."))
}

// buildspec checks the archive before it uses it, its digest and then its files against the commit, and deploys the stacks of
// the workload alone: without a database, which comes from its snapshot, and despite the incident that the restore itself
// holds. What it exports is the network that the database goes into.
func (r *restore) buildspec(backups string) string {
	bucket := strings.TrimPrefix(backups, "arn:aws:s3:::")
	output := func(key string) string {
		return fmt.Sprintf(`jq -er '.["%s-workload"].%s' outputs.json`, r.env.Prefix(), key)
	}
	lines := []string{
		"version: 0.2",
		"env:",
		"  exported-variables: [DB_SUBNETS, DB_GROUP, DB_PARAMETERS]",
		"phases:",
		"  pre_build:",
		"    commands:",
		`      - test -n "$ACSO_COMMIT" -a -n "$ACSO_INCIDENT"`,
		fmt.Sprintf(`      - aws s3api get-object --bucket %s --key "$ACSO_ARCHIVE" --version-id "$ACSO_ARCHIVE_VERSION" archive.tar.gz`, bucket),
		`      - echo "$ACSO_ARCHIVE_SHA256  archive.tar.gz" | sha256sum -c || { echo "the archive is not the archive of commit $ACSO_COMMIT"; exit 1; }`,
		// The commit object in the archive has to have the commit's hash, and the files the tree that it names. Attributes in the
		// tree must not have git change what it hashes.
		`      - tar xzOf archive.tar.gz commit > commit.object`,
		`      - test "$(git hash-object -t commit commit.object)" = "$ACSO_COMMIT" || { echo "the archive is not the archive of commit $ACSO_COMMIT, its commit is another"; exit 1; }`,
		"      - mkdir source && tar xzf archive.tar.gz --strip-components=1 -C source",
		`      - git init -q compared && mkdir -p compared/.git/info && echo "* -text -filter -ident -working-tree-encoding" > compared/.git/info/attributes`,
		`      - git --git-dir=compared/.git --work-tree=source -c core.fileMode=true -c core.autocrlf=false add -A -f .`,
		`      - test "$(git --git-dir=compared/.git write-tree)" = "$(sed -n '1s/^tree //p' commit.object)" || { echo "the archive is not the archive of commit $ACSO_COMMIT, its files are others"; exit 1; }`,
		"  build:",
		"    commands:",
		"      - cd source",
		fmt.Sprintf(`      - npx --yes aws-cdk@2 deploy storage-%[1]s workload-%[1]s --exclusively --require-approval never --outputs-file outputs.json -c environment=%[2]s -c without=database -c despite-incident=yes -c commit="$ACSO_COMMIT"`, r.region, r.env.Name),
		"      - export DB_SUBNETS=$(" + output("DatabaseSubnets") + ")",
		"      - export DB_GROUP=$(" + output("DatabaseGroup") + ")",
		"      - export DB_PARAMETERS=$(" + output("DatabaseParameters") + ")",
	}
	return strings.Join(lines, "\n") + "\n"
}

// building is what a machine that runs the project takes. Waiting for a build goes by a rule that Step Functions manages:
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
func (p *place) building() []grant.Grant {
	return []grant.Grant{
		{Actions: []string{"codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"}, Resources: []string{p.arn("codebuild", "project/"+p.env.RebuildProject())}},
		{Actions: []string{"events:PutTargets", "events:PutRule", "events:DescribeRule"}, Resources: []string{p.arn("events", "rule/StepFunctionsGetEventForCodeBuildStartBuildRule")}},
	}
}

// withoutDatabase tells whether the workload is deployed for a restore, which makes the database itself from a snapshot. The
// next deployment with --import-existing-resources takes it over: it is retained and has its name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
func (w *workload) withoutDatabase() bool {
	return w.Node().TryGetContext(jsii.String("without")) == "database"
}

// network says where a database of this workload goes.
func (w *workload) network(subnets, group, parameters *string) {
	for _, o := range []struct {
		name  string
		value *string
	}{{"DatabaseSubnets", subnets}, {"DatabaseGroup", group}, {"DatabaseParameters", parameters}} {
		awscdk.NewCfnOutput(w.Stack, jsii.String(o.name), &awscdk.CfnOutputProps{Value: o.value, Description: jsii.String("Where a restored database goes")})
	}
}
