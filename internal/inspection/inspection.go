// Package inspection looks at the data of one region, from within: the keys that they are encrypted under, the replica of the
// database and how far it is behind, the file system, the backups, and the quotas that they need.
//
// It refuses to judge the region: what a finding means for a failover, and what to do about it, is the business of package
// readiness. It calls nothing outside of its region and changes nothing.
package inspection

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/catalog"
	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/filesystem"
	"github.com/acso/disaster-recovery/internal/judging"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/retention"
)

// Inspector looks at the region that it runs in. It keeps its connection to the database between inspections.
type Inspector struct {
	p          platform.Platform
	database   *database.Database
	files      *filesystem.FileSystem
	cloudwatch *cloudwatch.Client
	ec2        *ec2.Client
	kms        *kms.Client
	rds        *rds.Client
	s3         *s3.Client
}

// New makes an inspector of the region that the function runs in.
func New(p platform.Platform) *Inspector {
	return &Inspector{
		p: p, database: database.In(p, p.Region()), files: filesystem.In(p, efs.NewFromConfig(p.AWS)), cloudwatch: cloudwatch.NewFromConfig(p.AWS),
		ec2: ec2.NewFromConfig(p.AWS), kms: kms.NewFromConfig(p.AWS), rds: rds.NewFromConfig(p.AWS), s3: s3.NewFromConfig(p.AWS),
	}
}

// check is one thing that is looked at. Package readiness has a rule of the same name: a test compares.
type check struct {
	name  string
	after []string // checks that have to pass before: their finding stands for this one
	look  func(*run, context.Context) judging.Finding
}

// checks are all checks, each behind those that have to pass before.
func checks() []check {
	all := []check{
		{name: "database-key", look: (*run).databaseKey},
		{name: "shared-key", look: (*run).sharedKey},
		{name: "subnets-open", look: (*run).subnetsOpen},
		{name: "replica-exists", look: (*run).replicaExists},
		{name: "replica-source", after: []string{"replica-exists"}, look: (*run).replicaSource},
		{name: "replica-state", after: []string{"replica-exists"}, look: (*run).replicaState},
		{name: "replica-replicating", after: []string{"replica-exists", "replica-state"}, look: (*run).replicaReplicating},
		{name: "replica-backup", after: []string{"replica-exists", "replica-state"}, look: (*run).replicaBackup},
		{name: "replica-class", after: []string{"replica-exists"}, look: (*run).replicaClass},
		{name: "replica-key", after: []string{"replica-exists", "database-key"}, look: (*run).replicaKey},
		{name: "replica-lag", after: []string{"replica-exists", "replica-state", "replica-replicating", "subnets-open"}, look: (*run).replicaLag},
		{name: "replica-lag-metric", after: []string{"replica-exists", "replica-state", "replica-replicating", "replica-lag"}, look: (*run).replicaLagMetric},
		{name: "automated-backups", look: (*run).automatedBackups},
		{name: "file-system-replication", look: (*run).filesReplicated},
		{name: "file-system-sync", after: []string{"file-system-replication"}, look: (*run).filesSynced},
		{name: "snapshot-copies", look: (*run).snapshotCopies},
		{name: "snapshot-quota", look: (*run).snapshotQuota},
		{name: "database-quota", look: (*run).databaseQuota},
	}
	for _, kind := range []string{retention.ApplicationData, retention.Configuration, retention.Infrastructure, retention.Logs} {
		all = append(all, check{name: "recovery-point-" + kind, look: func(r *run, ctx context.Context) judging.Finding { return r.recoveryPoint(ctx, kind) }})
	}
	return all
}

// Names are the names of all checks.
func Names() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// run is one inspection.
type run struct {
	*Inspector
	e           *environment.Environment
	here, other string
	found       judging.Inspection

	instance   judging.Memo[rdstypes.DBInstance]
	days       map[time.Time]*judging.Memo[[]catalog.Point] // recovery points, by day
	attributes judging.Memo[map[string]rdstypes.AccountQuota]
}

// Inspect looks at everything once. It never fails: what could not be found out is a finding.
func (x *Inspector) Inspect(ctx context.Context) judging.Inspection {
	e, here := x.p.Environment, x.p.Region()
	r := &run{
		Inspector: x, e: e, here: here, other: e.Pair(here), days: map[time.Time]*judging.Memo[[]catalog.Point]{},
		found: judging.Inspection{Findings: map[string]judging.Finding{}, NotJudged: []string{}, Facts: map[string]string{}},
	}
	for _, c := range checks() {
		if slices.ContainsFunc(c.after, func(name string) bool { return r.found.Findings[name].Verdict != judging.Pass }) {
			r.found.NotJudged = append(r.found.NotJudged, c.name)
			continue
		}
		r.found.Findings[c.name] = c.look(r, ctx)
	}
	return r.found
}

// fact notes something that may change without being wrong: the next report says what did.
func (r *run) fact(name, format string, args ...any) {
	r.found.Facts[name] = fmt.Sprintf(format, args...)
}
