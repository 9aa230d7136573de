package readiness_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	judged "github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
	labrds "github.com/acso/disaster-recovery/lab/cloud/rds"
	labroute53 "github.com/acso/disaster-recovery/lab/cloud/route53"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

// do acts as a person in a region's console.
func (s *site) do(region string, act func(context.Context, aws.Config) error) {
	s.Helper()
	config := s.Cloud.Config(cloud.Principal{Name: "operator", Region: cloud.Clients, Unlimited: true})
	config.Region = region
	ended := false
	s.Sim.Go(context.Background(), func(ctx context.Context) {
		if err := act(ctx, config); err != nil {
			s.Error(err)
		}
	}, func(bool) { ended = true })
	s.Sim.Run(s.Sim.Now().Add(time.Minute), func() bool { return ended })
}

func (s *site) service(n int) string { return s.Env.Service(s.recovery, s.Env.Services[n].Name) }

// record replaces the half of the public failover record that is PRIMARY or SECONDARY.
func (s *site) record(half, target, check string, ttl time.Duration) {
	region := map[string]string{"PRIMARY": s.Env.Regions.Primary, "SECONDARY": s.Env.Regions.Recovery}[half]
	s.DNS.Add(labroute53.Setup{Name: s.Env.Domain.Name, Type: "CNAME", Value: s.Env.RegionalName(target), TTL: ttl, Set: region, Failover: half, Check: check})
}

func (s *site) check(id string, change func(*route53.UpdateHealthCheckInput)) {
	s.do(s.primary, func(ctx context.Context, config aws.Config) error {
		in := &route53.UpdateHealthCheckInput{HealthCheckId: aws.String(id)}
		change(in)
		_, err := route53.NewFromConfig(config).UpdateHealthCheck(ctx, in)
		return err
	})
	s.pass(time.Minute) // Route 53 takes its time
}

func (s *site) modify(change func(*rds.ModifyDBInstanceInput)) {
	s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
		in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(s.Env.DatabaseIn(s.recovery)), ApplyImmediately: aws.Bool(true)}
		change(in)
		_, err := rds.NewFromConfig(config).ModifyDBInstance(ctx, in)
		return err
	})
	s.pass(3 * time.Minute)
}

// redefine registers another task definition of a service here, and has it used.
func (s *site) redefine(n int, change func(*ecstypes.ContainerDefinition)) {
	s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
		client, name := ecs.NewFromConfig(config), s.service(n)
		found, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(name)})
		if err != nil {
			return err
		}
		containers := slices.Clone(found.TaskDefinition.ContainerDefinitions)
		change(&containers[0])
		made, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
			Family: aws.String(name), Cpu: found.TaskDefinition.Cpu, Memory: found.TaskDefinition.Memory, ContainerDefinitions: containers,
		})
		if err != nil {
			return err
		}
		_, err = client.UpdateService(ctx, &ecs.UpdateServiceInput{
			Cluster: aws.String(s.Env.Cluster(s.recovery)), Service: aws.String(name), TaskDefinition: made.TaskDefinition.TaskDefinitionArn,
		})
		return err
	})
}

// missingDataBreach redefines an alarm.
func (s *site) missingDataBreach(region, name string) {
	for _, a := range s.Metrics.Alarms(region) {
		if *a.AlarmName == name {
			a.TreatMissingData = aws.String("breaching")
			s.Metrics.Create(region, a)
		}
	}
	s.pass(3 * time.Minute)
}

// page switches an alarm's actions.
func (s *site) page(region, name string, on bool) {
	for _, a := range s.Metrics.Alarms(region) {
		if *a.AlarmName == name {
			a.ActionsEnabled = aws.Bool(on)
			s.Metrics.Create(region, a)
		}
	}
}

func (s *site) turnRule(region, name string, disabled bool) {
	for _, r := range s.Events.Rules(region) {
		if r.Name == name {
			r.Disabled = disabled
			s.Events.Create(region, r)
		}
	}
}

// defect is one of them.
type defect struct {
	check, what string
	plant       func(*site)
	wait        time.Duration
}

// moving are the defects that, while the recovery region is active, bring clients to the other one, which is a finding of its own.
var moving = []string{
	"PRIMARY carries no health check", "SECONDARY leads to the primary region", "the switch's check is disabled",
}

// defects are single mistakes that people and machines make, with the one check that has to name each.
var defects = []defect{
	{"replica-exists", "somebody deleted the replica", func(s *site) { s.RDS.Drop(s.recovery, s.Env.DatabaseIn(s.recovery)) }, 0},
	{"replica-state", "the replica's storage is full", func(s *site) { s.RDS.Instance(s.recovery, s.Env.DatabaseIn(s.recovery)).Status = "storage-full" }, 0},
	{"replica-replicating", "the replication ended with an error", func(s *site) { s.RDS.BreakReplication(s.recovery, s.Env.DatabaseIn(s.recovery)) }, 0},
	{"replica-class", "the replica is of a smaller class", func(s *site) {
		s.modify(func(in *rds.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.t3.micro") })
	}, 0},
	{"replica-backup", "the replica keeps no backups", func(s *site) { s.RDS.Instance(s.recovery, s.Env.DatabaseIn(s.recovery)).Retention = 0 }, 0},
	{"replica-lag", "the replica is 20 minutes behind", func(s *site) { s.RDS.FixLag(s.recovery, s.Env.DatabaseIn(s.recovery), 20*time.Minute) }, 0},
	{"replica-lag-metric", "RDS publishes no ReplicaLag", func(s *site) {
		s.RDS.SetLagMetric(s.recovery, s.Env.DatabaseIn(s.recovery), labrds.LagMissing)
	}, 7 * time.Minute},
	{"replica-lag-metric", "ReplicaLag is -1", func(s *site) {
		s.RDS.SetLagMetric(s.recovery, s.Env.DatabaseIn(s.recovery), labrds.LagInactive)
	}, 3 * time.Minute},
	{"automated-backups", "the replication of RDS's own backups was stopped", func(s *site) { s.RDS.StopBackups(s.recovery, s.Env.DatabaseIn(s.primary)) }, 0},
	{"automated-backups", "RDS's own backups are two hours late", func(s *site) { s.RDS.DelayBackups(s.recovery, s.Env.DatabaseIn(s.primary), 2*time.Hour) }, 65 * time.Minute},
	{"file-system-replication", "the replication of the file system was deleted", func(s *site) { s.detachFiles() }, 0},
	{"file-system-sync", "the file system does not sync", func(s *site) { s.EFS.Stall(s.EFS.Of(s.EFS.Find(s.recovery, s.Env.FileSystem(s.recovery))), true) }, 70 * time.Minute},
	{"database-key", "the database key is disabled", func(s *site) { s.KMS.SetState(s.recovery, s.Env.DatabaseKey(s.recovery), kms.Disabled) }, 0},
	{"shared-key-same", "the alias here names another key", func(s *site) { s.KMS.Alias(s.recovery, s.Env.KeyAlias()[len("alias/"):], s.KMS.Create(s.recovery, "")) }, 0},
	{"shared-key", "the shared key is disabled", func(s *site) { s.KMS.SetState(s.recovery, s.Env.KeyAlias(), kms.Disabled) }, 0},
	{"scaling-room", "a scalable target allows one task", func(s *site) { s.ECS.Bound(s.recovery, s.service(0), 1, 1) }, 0},
	{"snapshot-copies", "no snapshot reached this region", func(s *site) { s.loseSnapshots() }, 0},
	{"recovery-point-configuration", "the configuration's recovery points are gone", func(s *site) { s.LosePoints(s.recovery, retention.Configuration) }, 0},
	{"recovery-point-logs", "the logs' recovery points are gone", func(s *site) { s.LosePoints(s.recovery, retention.Logs) }, 0},
	{"recovery-point-application-data", "the bucket is not replicated any more", func(s *site) { s.StopReplication(s.primary) }, 45 * time.Minute},
	{"parameters-in-step", "somebody changed a parameter here", func(s *site) { s.put("/feeds", "omega") }, 0},
	{"parameters-in-step", "a secret here has an old value", func(s *site) {
		s.SSM.Put(s.recovery, s.Env.Parameters+"/database/password", "old", ssmtypes.ParameterTypeSecureString, s.Env.KeyAlias())
	}, 0},
	{"parameters-in-step", "a parameter is missing here", func(s *site) { s.unput("/feeds") }, 0},
	{"parameters-regional", "a parameter of the region's own is missing", func(s *site) { s.unput("/" + s.Env.RegionalParameters[0]) }, 0},
	{"images-here", "an image was deleted from this registry", func(s *site) { s.ECR.Remove(s.recovery, s.Env.Repository(s.Env.Services[1].Name), "stable") }, 0},
	{"images-in-step", "a release did not reach this registry", func(s *site) {
		name := s.Env.Repository(s.Env.Services[2].Name)
		s.ECR.StopReplication(s.primary, name)
		s.ECR.Push(s.primary, name, "stable", "release 2")
	}, 0},
	{"task-definitions-in-step", "a variable differs here", func(s *site) {
		s.redefine(0, func(c *ecstypes.ContainerDefinition) {
			c.Environment = append(slices.Clone(c.Environment), ecstypes.KeyValuePair{Name: aws.String("DEBUG"), Value: aws.String("1")})
		})
	}, 0},
	{"images-here", "a task pulls from the other region's registry", func(s *site) {
		s.redefine(0, func(c *ecstypes.ContainerDefinition) {
			c.Image = aws.String(s.ECR.Image(s.primary, s.Env.Repository(s.Env.Services[0].Name), "stable"))
		})
	}, 0},
	{"standby-running", "a service of the standby runs no task", func(s *site) { s.ECS.Scale(s.recovery, s.service(4), 0) }, 2 * time.Minute},
	{"task-quota", "the quota of vCPUs was never raised", func(s *site) { s.Quotas.Set(s.recovery, "fargate", "L-3032A538", 6) }, 0},
	{"snapshot-quota", "the quota of snapshots was never raised", func(s *site) { s.RDS.SetSnapshotQuota(s.recovery, 100) }, 0},
	{"dns-records", "SECONDARY leads to the primary region", func(s *site) { s.record("SECONDARY", s.Env.Regions.Primary, "", time.Minute) }, 0},
	{"dns-records", "SECONDARY carries a health check", func(s *site) {
		s.record("SECONDARY", s.Env.Regions.Recovery, "endpoint-"+s.Env.Regions.Recovery, time.Minute)
	}, 0},
	{"dns-records", "PRIMARY carries no health check", func(s *site) { s.record("PRIMARY", s.Env.Regions.Primary, "", time.Minute) }, 0},
	{"dns-ttl", "the TTL is an hour", func(s *site) { s.record("PRIMARY", s.Env.Regions.Primary, "failover-switch", time.Hour) }, 0},
	{"switch-check", "the switch's record follows another check", func(s *site) {
		s.record("PRIMARY", s.Env.Regions.Primary, "endpoint-"+s.Env.Regions.Primary, time.Minute)
	}, 0},
	{"switch-check", "the switch's check is disabled", func(s *site) {
		s.check("failover-switch", func(in *route53.UpdateHealthCheckInput) { in.Disabled = aws.Bool(true) })
	}, 0},
	{"switch-check", "without data the switch's check becomes healthy", func(s *site) {
		s.check("failover-switch", func(in *route53.UpdateHealthCheckInput) {
			in.InsufficientDataHealthStatus = r53types.InsufficientDataHealthStatusHealthy
		})
	}, 0},
	{"endpoint-checks", "the checkers' check of the standby is disabled", func(s *site) {
		s.check("endpoint-"+s.recovery, func(in *route53.UpdateHealthCheckInput) { in.Disabled = aws.Bool(true) })
	}, 0},
	{"switch-alarm", "the switch's alarm takes missing data as breaching", func(s *site) { s.missingDataBreach(s.Env.Regions.Recovery, s.Env.SwitchAlarm()) }, 0},
	{"trigger-alarm", "the trigger's alarm takes missing data as breaching", func(s *site) { s.missingDataBreach(s.recovery, s.Env.PrimaryAlarm()) }, 0},
	{"trigger-rule", "the rule that starts the failover is disabled", func(s *site) { s.turnRule(s.recovery, s.Env.PrimaryAlarm(), true) }, 0},
	{"release-rule", "the rule that frees the lock is disabled", func(s *site) { s.turnRule(s.recovery, s.Env.EndedRule(), true) }, 0},
	{"schedules-of-functions", "the probe's schedule is disabled", func(s *site) { s.Scheduler.Set(s.recovery, s.Env.FunctionName("probe"), true) }, 0},
	{"schedules-of-functions", "the schedule of what follows the role is missing", func(s *site) { s.Scheduler.Remove(s.recovery, s.Env.FunctionName("followrole")) }, 0},
	{"schedules-of-functions", "the heartbeat's schedule is missing", func(s *site) { s.Scheduler.Remove(s.recovery, s.Env.FunctionName("heartbeat")) }, 0},
	{"schedules-by-role", "a backup is not scheduled in the active region", func(s *site) { s.Scheduler.Set(s.primary, s.Env.MachineName("backup-database"), true) }, 0},
	{"schedules-by-role", "a backup's schedule is missing here", func(s *site) { s.Scheduler.Remove(s.recovery, s.Env.MachineName("backup-database")) }, 0},
	{"rules-by-role", "deployments of the active region start no backup", func(s *site) { s.turnRule(s.primary, s.Env.Prefix()+"-deployed", true) }, 0},
	{"rules-by-role", "deployments here are not told to the active region", func(s *site) { s.turnRule(s.recovery, s.Env.Prefix()+"-deployed-on-standby", true) }, 0},
	{"rules-by-role", "a change of the copied configuration starts a backup here", func(s *site) { s.turnRule(s.recovery, s.Env.Prefix()+"-parameter-changed", false) }, 0},
	{"alarms-by-role", "the alarm on backups is silent in the active region", func(s *site) { s.page(s.primary, "ACSO-BackupFailure", false) }, 0},
	{"alarms-by-role", "the alarm on backups pages here", func(s *site) { s.page(s.recovery, "ACSO-BackupFailure", true) }, 0},
	{"failover-machine", "the failover is not deployed here", func(s *site) { s.States.Remove(s.recovery, s.Env.MachineName("failover")) }, 0},
	{"machines-in-step", "a procedure is another one here", func(s *site) {
		s.States.Deploy(s.recovery, stepfunctions.Machine{Name: s.Env.MachineName("backup-logs"), Definition: s.machines["backup-data"]})
	}, 0},
	{"machine-roles", "the failover runs as another machine's role", func(s *site) {
		s.States.Deploy(s.recovery, stepfunctions.Machine{
			Name: s.Env.MachineName("failover"), Definition: s.machines["failover"], Role: s.States.Role(s.primary, s.Env.MachineName("failover")),
		})
	}, 0},
	{"roles-usable", "the role of a step of the failover was deleted", func(s *site) { s.IAM.Remove(s.Lambda.Role(s.recovery, s.Env.FunctionName("fence"))) }, 0},
	{"roles-usable", "the failover's role trusts another service", func(s *site) {
		s.IAM.Trust(s.States.Role(s.recovery, s.Env.MachineName("failover")), "ec2.amazonaws.com")
	}, 0},
	{"failover-functions", "a step of the failover is not deployed here", func(s *site) { s.Lambda.Remove(s.recovery, s.Env.FunctionName("flipdns")) }, 0},
	{"functions-in-step", "a function is of an older build here", func(s *site) { s.Lambda.SetCode(s.recovery, s.Env.FunctionName("fence"), "last month's") }, 0},
	{"functions-in-step", "a function is missing here", func(s *site) { s.Lambda.Remove(s.recovery, s.Env.FunctionName("backuplogs")) }, 0},
	{"lock-free", "an incident was left open", func(s *site) {
		s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
			store := incident.NewStore(platform.Platform{AWS: config, Environment: s.Env, Clock: s.Sim})
			_, err := store.Begin(ctx, incident.Opening{Owner: "somebody", Trigger: "a test"})
			return err
		})
	}, 0},
	{"subnets-open", "a fence was left closed here", func(s *site) { s.CloseDatabase(s.recovery); s.pass(time.Minute) }, 0},
	{"topics-exist", "a topic is missing here", func(s *site) { s.SNS.Remove(s.recovery, s.Env.Contacts.TechnicalLead.Topic) }, 0},
	{"topics-exist", "nobody has subscribed to the on-call topic", func(s *site) { s.SNS.Subscribe(s.recovery, s.Env.Contacts.OnCall.Topic, 0) }, 0},
}

func (s *site) put(name, value string) {
	s.SSM.Put(s.recovery, s.Env.Parameters+name, value, ssmtypes.ParameterTypeStringList, "")
}

func (s *site) unput(name string) {
	s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
		_, err := ssm.NewFromConfig(config).DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(s.Env.Parameters + name)})
		return err
	})
}

func (s *site) detachFiles() {
	files := s.EFS.Of(s.EFS.Find(s.recovery, s.Env.FileSystem(s.recovery)))
	s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
		_, err := efs.NewFromConfig(config).DeleteReplicationConfiguration(ctx, &efs.DeleteReplicationConfigurationInput{SourceFileSystemId: aws.String(files.Source.ID)})
		return err
	})
	s.pass(10 * time.Minute)
}

func (s *site) loseSnapshots() {
	s.do(s.recovery, func(ctx context.Context, config aws.Config) error {
		for _, p := range s.RDS.Snapshots(s.recovery) {
			if strings.HasPrefix(p.ID, "rds:") {
				continue // RDS's own
			}
			if _, err := rds.NewFromConfig(config).DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{DBSnapshotIdentifier: aws.String(p.ID)}); err != nil {
				return err
			}
		}
		return nil
	})
}

var both = flag.Bool("both", false, "plant every defect in both directions, and not every second one in each")

// TestEveryDefectIsFoundByNameAndNothingElse: whichever region stands by. Defects of the switch and of the records are where they
// are in both directions: the switch is in the recovery region, and its records are one pair.
func TestEveryDefectIsFoundByNameAndNothingElse(t *testing.T) {
	b := newBench(t)
	if len(defects) < 25 {
		t.Fatalf("only %d defects", len(defects))
	}
	for n, d := range defects {
		for m, standby := range []string{b.env.Regions.Recovery, b.env.Regions.Primary} {
			if !*both && n%2 != m {
				continue
			}
			t.Run(d.check+": "+d.what+" in "+standby, func(t *testing.T) { found(t, b.towards(t, uint64(n), standby), d) }) // #nosec G115 -- small
		}
	}
}

func found(t *testing.T, s *site, d defect) {
	t.Helper()
	defer s.Traffic.Stop()
	s.pass(lived)
	for _, operation := range []string{"Scheduler.UpdateSchedule", "EventBridge.EnableRule", "EventBridge.DisableRule", "CloudWatch.EnableAlarmActions", "CloudWatch.DisableAlarmActions"} {
		s.Cloud.Inject(cloud.Fault{Operation: operation, Effect: cloud.ErrorBefore}) // or function followrole mends within the minute
	}
	d.plant(s)
	s.pass(d.wait)
	report := s.judge()
	want := []string{d.check}
	if s.primary == s.Env.Regions.Recovery && slices.Contains(moving, d.what) {
		want = []string{"dns-answer", d.check}
	}
	var names []string
	for _, c := range report.Findings() {
		names = append(names, c.Name)
		if c.Next == "" || c.Consequence == "" || c.Evidence == "" {
			t.Errorf("%s does not say why, what to do and what a forced failover comes to: %+v", c.Name, c)
		}
	}
	if !slices.Equal(names, want) || report.Verdict == judged.Pass {
		t.Errorf("%s; found:\n%s", report.Verdict, findings(report))
	}
}

// TestEveryCheckHasADefect: a check that no test can make fail proves nothing.
func TestEveryCheckHasADefect(t *testing.T) {
	// These need what the lab does not model, or would take the other regions' world apart with them; but for
	// recovery-point-infrastructure, which always passes: infrastructure has no schedule, so watching.AgeLimit is 0 for it.
	rare := []string{
		"replica-source", "replica-key", "recovery-point-infrastructure", "services-exist", "database-quota", "dns-answer", "checkers-answer",
		"standby-endpoint", "switch-asserted", "probe-looks", "fence-proven",
	}
	planted := map[string]bool{}
	for _, d := range defects {
		planted[d.check] = true
	}
	for _, r := range judged.Rules() {
		if planted[r.Name] == slices.Contains(rare, r.Name) {
			t.Errorf("%s: planted %v", r.Name, planted[r.Name])
		}
	}
}

// TestScheduledFunctionsAreThoseOfTheRegistry: readiness does not know the registry, so the list is written twice.
func TestScheduledFunctionsAreThoseOfTheRegistry(t *testing.T) {
	var want []string
	for _, f := range functions.All() {
		if f.Schedule != "" {
			want = append(want, f.Name)
		}
	}
	slices.Sort(want)
	if !slices.Equal(want, judged.Scheduled[:]) {
		t.Errorf("readiness looks for the schedules of %v, and there are %v", judged.Scheduled, want)
	}
}
