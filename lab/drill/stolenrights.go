package drill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/restoretest"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// testFunctions are those that a restore test runs with.
var testFunctions = []string{"testrestore", "cleartest", "recordtest"}

// Thief begins the name of a caller who has the rights of a function and is none: what is denied to it has to be.
const Thief = "somebody with the rights of "

// misuse does, with the rights of each function of a restore test, what code in it could be made to do to production. It
// writes down what was not refused.
func (r *run) misuse() {
	region := r.env.Regions.Primary
	for _, name := range testFunctions {
		f, ok := functions.Named(name)
		if !ok {
			panic("lab: there is no function " + name)
		}
		config := r.world.Cloud.Config(cloud.Principal{Name: Thief + name, Region: region, Grants: f.Grants(r.env, region)})
		for what, err := range r.attempts(config, region) {
			if code := failure.Code(err); !strings.HasPrefix(code, "AccessDenied") {
				r.taken = append(r.taken, fmt.Sprintf("%s may %s: %v", name, what, err))
			}
			r.tried++
		}
	}
	r.say("fault", region, "%d calls against production are tried with the rights of %s", r.tried, strings.Join(testFunctions, ", "))
}

// attempts are calls that a restore test must not be able to make: against names, data and the network of production.
func (r *run) attempts(config aws.Config, region string) func(func(string, error) bool) {
	e, ctx := r.env, context.Background()
	live, own := e.DatabaseIn(region), restoretest.Instance(e, "arn:aws:states:"+region+":"+e.Account+":execution:"+e.MachineName(testMachine)+":x", restoretest.Snapshot)
	database, objects, parameters, services := rds.NewFromConfig(config), awss3.NewFromConfig(config), ssm.NewFromConfig(config), ecs.NewFromConfig(config)
	data, backups := aws.String(e.BucketIn(region, e.Buckets.Data)), aws.String(e.BucketIn(region, e.Buckets.Backups))
	point := r.newestPoint("application-data")
	return func(yield func(string, error) bool) {
		for _, one := range []struct {
			what string
			do   func() error
		}{
			{"delete the live database", func() error {
				_, err := database.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String(live), SkipFinalSnapshot: aws.Bool(true)})
				return err
			}},
			{"rename the live database", func() error {
				_, err := database.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(live), NewDBInstanceIdentifier: aws.String(live + "-x"), ApplyImmediately: aws.Bool(true)})
				return err
			}},
			{"restore under a name of production", func() error {
				_, err := database.RestoreDBInstanceToPointInTime(ctx, &rds.RestoreDBInstanceToPointInTimeInput{
					SourceDBInstanceIdentifier: aws.String(live), TargetDBInstanceIdentifier: aws.String(live + "-restored-x"), UseLatestRestorableTime: aws.Bool(true), DBSubnetGroupName: aws.String(e.RestoreTest()),
				})
				return err
			}},
			{"restore into the network of production", func() error {
				_, err := database.RestoreDBInstanceToPointInTime(ctx, &rds.RestoreDBInstanceToPointInTimeInput{
					SourceDBInstanceIdentifier: aws.String(live), TargetDBInstanceIdentifier: aws.String(own), UseLatestRestorableTime: aws.Bool(true), DBSubnetGroupName: aws.String("database"),
				})
				return err
			}},
			{"write into the data bucket", func() error {
				_, err := objects.PutObject(ctx, &awss3.PutObjectInput{Bucket: data, Key: aws.String("x"), Body: strings.NewReader("x")})
				return err
			}},
			{"delete from the data bucket", func() error {
				_, err := objects.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: data, Key: aws.String("x")})
				return err
			}},
			{"write over a recovery point", func() error {
				_, err := objects.PutObject(ctx, &awss3.PutObjectInput{Bucket: backups, Key: aws.String(point.key), Body: strings.NewReader("x")})
				return err
			}},
			{"delete a recovery point", func() error {
				_, err := objects.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: backups, Key: aws.String(point.key)})
				return err
			}},
			{"change the live configuration", func() error {
				_, err := parameters.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(e.Parameters + "/supervisor/log-level"), Value: aws.String("off"), Type: types.ParameterTypeString, Overwrite: aws.Bool(true)})
				return err
			}},
			{"delete the live configuration", func() error {
				_, err := parameters.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{e.Parameters + "/supervisor/log-level"}})
				return err
			}},
			{"stop a service", func() error {
				_, err := services.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String(e.Cluster(region)), Service: aws.String(e.Service(region, e.Services[0].Name)), DesiredCount: aws.Int32(0)})
				return err
			}},
		} {
			if !yield(one.what, one.do()) {
				return
			}
		}
	}
}

// rightsHold: none of it was allowed.
func (r *run) rightsHold() Invariant {
	return verdict("its rights reach nothing of production", r.tried >= 11*len(testFunctions) && len(r.taken) == 0, "%d calls were refused; not refused: %s", r.tried-len(r.taken), orNone(strings.Join(r.taken, "; ")))
}

// stolenRights is the scenario: the functions' code is somebody else's.
var stolenRights = Scenario{
	Name: "test-restore-stolen-rights", Expected: Recovered, machine: testMachine, limit: testLimit,
	Sentence: "With the rights of the functions of a test, somebody tries to delete, rename, overwrite and stop production, and to restore into its names and its network: every call is denied, and the test that runs passes.",
	prepare: func(r *run) {
		r.afterBackups(func() {
			r.restoring.before = r.standing()
			r.misuse()
			r.after(time.Minute, func() { r.test("{}") })
		})
	},
	judge: func(r *run) []Invariant {
		return append(r.leftNothing(), r.rightsHold(), r.inOwnNetwork(), r.testedEverything())
	},
}
