package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"
)

// workload is ACSO itself: database and services. In the recovery region it is the warm standby.
type workload struct {
	*place
	foundation *foundation
	storage    *storage
	listener   *string // ARN
	cluster    awsecs.CfnCluster
	reached    awsec2.SecurityGroup // services, from the load balancer
}

// workload makes the stack of a region; home is that of the primary, whose database the standby's replicates, and nil
// there. The standby's foundation made the peering that the primary's routes use.
func (a *app) workload(s *storage, home *workload, peer *foundation) *workload {
	w := &workload{place: a.place(s.region, "workload", "ACSO: database and services of "+a.options.Environment.Prefix()), foundation: s.foundation, storage: s}
	if home == nil {
		s.foundation.routeToPair(w.place, peer.peering)
	} else {
		w.AddDependency(home.Stack, jsii.String("the replica needs its source"))
	}
	if w.existing().Database == "" {
		w.database()
	}
	balancer, cluster := w.existing().Balancer, w.existing().Cluster.Imported()
	if balancer.Imported() {
		w.importBalancer(balancer)
	} else {
		w.loadBalancer()
	}
	switch {
	case !cluster:
		w.services()
	case !balancer.Imported():
		w.routeToExisting()
	}
	w.parameters()
	return w
}

// parameters tell the services of a region where they are. What else lies under the path is the owner's.
func (w *workload) parameters() {
	for _, p := range []struct{ id, path, value string }{
		{"parameter-region", "/platform/region", w.region},
		{"parameter-database", "/platform/database", w.env.DatabaseIn(w.region)},
		{"parameter-bucket", "/platform/data-bucket", w.env.BucketIn(w.region, w.env.Buckets.Data)},
		{"parameter-domain", "/platform/domain", w.env.Domain.Name},
	} {
		awsssm.NewCfnParameter(w.Stack, jsii.String(p.id), &awsssm.CfnParameterProps{
			Name: jsii.String(w.env.Parameters + p.path), Type: jsii.String("String"), Value: jsii.String(p.value),
			Description: jsii.String("Written by the workload stack of " + w.env.Prefix()),
		})
	}
}
