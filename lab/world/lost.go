package world

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/lab/cloud/cloudformation"
	"github.com/acso/disaster-recovery/lab/cloud/codebuild"
	"github.com/acso/disaster-recovery/lab/cloud/ecs"
)

// lostStacks are the stacks of a workload; foundation, backup and recovery are what restores them.
var lostStacks = []string{"storage", "workload"}

// Noticed is how long it takes until somebody looked at the failover that failed, after the system was lost.
const Noticed = 40 * time.Minute

// LoseSystem deletes the workload of both regions, and the files that backups come from.
func (w *World) LoseSystem() {
	for _, region := range []string{w.Env.Regions.Primary, w.Env.Regions.Recovery} {
		w.loseWorkload(region)
	}
	w.loseFiles()
}

// loseWorkload deletes the workload of a region for good: database with its automated backups' source, services, file
// system, parameters, live objects and stacks. Manual snapshots, backup buckets, keys, networks and this project stay.
func (w *World) loseWorkload(region string) {
	e := w.Env
	if w.RDS.Instance(region, e.DatabaseIn(region)) != nil {
		w.RDS.Drop(region, e.DatabaseIn(region))
	}
	w.ECS.Lose(region)
	w.EFS.Lose(region, e.FileSystem(region))
	w.SSM.Lose(region, e.Parameters)
	for _, name := range lostStacks {
		w.Stacks.Lose(region, e.Prefix()+"-"+name)
	}
	data := e.BucketIn(region, e.Buckets.Data)
	for _, o := range w.S3.Objects(data) {
		w.S3.Remove(data, o.Key)
	}
}

// loseFiles empties the application data of both regions, which is one tree here, and takes its mounts away.
func (w *World) loseFiles() {
	for _, name := range w.Files.Names() {
		if _, there := w.Files.Text(name); there {
			w.Files.Drop(name)
		}
	}
	w.Files.Unmount()
}

// layRebuild makes the project of each region that deploys a workload again from the archive of what was deployed.
func (w *World) layRebuild() {
	for _, region := range w.Cloud.Regions() {
		w.Builds.Create(codebuild.Project{
			Region: region, Name: w.Env.RebuildProject(),
			Check:  func(variables map[string]string) error { return w.checkArchive(region, variables) },
			Deploy: func(variables map[string]string) map[string]string { return w.rebuild(region, variables) },
		})
	}
}

// checkArchive is what the buildspec does first: the archive in its version has to have the digest that was recorded, and its
// files have to be the tree of the deployed commit, as git says.
func (w *World) checkArchive(region string, variables map[string]string) error {
	bucket := w.Env.BucketIn(region, w.Env.Buckets.Backups)
	key, id := variables["ACSO_ARCHIVE"], variables["ACSO_ARCHIVE_VERSION"]
	for _, v := range w.S3.Versions(bucket, key) {
		if v.Version != id {
			continue
		}
		if sum := sha256.Sum256(v.Body); hex.EncodeToString(sum[:]) != variables["ACSO_ARCHIVE_SHA256"] {
			return fmt.Errorf("s3://%s/%s is not the archive of commit %s: sha256sum -c failed", bucket, key, variables["ACSO_COMMIT"])
		}
		if _, err := infrastructure.CheckArchive(bytes.NewReader(v.Body), variables["ACSO_COMMIT"]); err != nil {
			return fmt.Errorf("s3://%s/%s is not the archive of commit %s: %w", bucket, key, variables["ACSO_COMMIT"], err)
		}
		if variables["ACSO_COMMIT"] == "" || variables["ACSO_INCIDENT"] == "" {
			return fmt.Errorf("ACSO_COMMIT and ACSO_INCIDENT are required")
		}
		return nil
	}
	return fmt.Errorf("s3://%s/%s in version %s is not there", bucket, key, id)
}

// rebuild is what the stacks of a workload make, without a database and without tasks. What is there already stays as it is.
func (w *World) rebuild(region string, variables map[string]string) map[string]string {
	e := w.Env
	if w.EFS.Find(region, e.FileSystem(region)) == nil {
		w.fileSystem(region)
		w.Files.Mount()
	}
	if len(w.ECS.Workloads(region)) == 0 {
		var setups []ecs.Setup
		roles := "arn:aws:iam::" + e.Account + ":role" + e.RolePath(region, "workload", "ecs-tasks")
		for _, s := range e.Services {
			setups = append(setups, ecs.Setup{
				Name: e.Service(region, s.Name), Short: s.Name, Critical: s.Tier == environment.Critical, Max: 2 * s.Desired,
				Containers: []types.ContainerDefinition{w.container(region, s.Name)}, Size: ecs.Size{CPU: "1024", Memory: "2048"},
				TaskRole: roles + "task", ExecutionRole: roles + "execution",
			})
		}
		w.ECS.Begin(region, e.Cluster(region), e.RegionalName(region), e.DatabaseIn(region), setups...)
	}
	for _, name := range e.RegionalParameters { // what belongs to a region alone is made with its stacks
		w.SSM.Put(region, e.Parameters+"/"+name, region+" has its own "+name, ssmtypes.ParameterTypeString, "")
	}
	for _, name := range lostStacks {
		w.Stacks.Lose(region, e.Prefix()+"-"+name)
		w.Stacks.Put(region, cloudformation.Stack{Name: e.Prefix() + "-" + name, Template: "{}", Tags: map[string]string{"acso:commit": variables["ACSO_COMMIT"]}})
	}
	return map[string]string{"DB_SUBNETS": "database", "DB_GROUP": "sg-0database", "DB_PARAMETERS": "postgres16"}
}
