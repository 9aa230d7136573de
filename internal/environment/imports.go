package environment

// Imports are the parts of the workload that exist already, by region. Nothing is made, changed or removed of a part that
// is named here: the stacks and the functions refer to it by its identifier.
type Imports struct {
	// What exists in the primary region.
	Primary Existing `json:"primary,omitzero"`
	// What exists in the recovery region.
	Recovery Existing `json:"recovery,omitzero"`
}

// Existing is what exists already in one region. A part that is left out is made.
type Existing struct {
	// The VPC with its subnets.
	Network ExistingNetwork `json:"network,omitzero"`
	// The Application Load Balancer.
	Balancer ExistingBalancer `json:"balancer,omitzero"`
	// The ECS cluster with all services.
	Cluster ExistingCluster `json:"cluster,omitzero"`
	// The RDS instance: database.identifier in the primary region, database.replica in the recovery region.
	Database string `json:"database,omitzero"`
	// The EFS file system of the application data.
	Files string `json:"files,omitzero"`
	// The ECR repositories of all services; they have the same names in both regions, since ECR replicates them so.
	Images []ExistingImage `json:"images,omitempty"`
	// The S3 bucket of the application data: buckets.data in the primary region.
	Data string `json:"data,omitzero"`
}

// ExistingNetwork is a VPC with one subnet of each layer in each of its zones.
type ExistingNetwork struct {
	// The VPC.
	VPC string `json:"vpc"`
	// The range of its private IPv4 addresses, apart from that of the other region: 10.20.0.0/16.
	Range string `json:"range"`
	// The subnets of the load balancer.
	PublicSubnets []string `json:"publicSubnets"`
	// The subnets of services and functions, with a way to the internet.
	PrivateSubnets []string `json:"privateSubnets"`
	// The subnets of the database.
	DatabaseSubnets []string `json:"databaseSubnets"`
	// The route tables of the private and the database subnets: the route to the other region is added to them.
	RouteTables []string `json:"routeTables"`
	// The network ACL around the database subnets and nothing else: the fence closes it with rule 1, which has to be free.
	DatabaseACL string `json:"databaseACL"`
}

// ExistingBalancer is an Application Load Balancer that answers HTTPS for the public name and for the region's own.
type ExistingBalancer struct {
	// The ARN of its HTTPS listener; services that are made here get rules on it.
	Listener string `json:"listener"`
	// Its security group, from which services that are made here are reached.
	SecurityGroup string `json:"securityGroup"`
	// Its DNS name.
	Name string `json:"name"`
	// The identifier of the hosted zone that its DNS name is in, which Elastic Load Balancing tells.
	HostedZone string `json:"hostedZone"`
}

// ExistingCluster is an ECS cluster whose services are registered with Application Auto Scaling.
type ExistingCluster struct {
	// The cluster's name.
	Name string `json:"name"`
	// Every service of the environment, as it is called in this cluster.
	Services []ExistingService `json:"services"`
	// The ARNs of the roles that its tasks run and are started with. A restore of the whole system hands them to task definitions.
	TaskRoles []string `json:"taskRoles"`
}

// ExistingService is an ECS service that exists already.
type ExistingService struct {
	// The name that services lists.
	Name string `json:"name"`
	// The ECS service's own name.
	Service string `json:"service"`
	// The log group of its tasks.
	LogGroup string `json:"logGroup"`
}

// ExistingImage is the ECR repository of a service's image.
type ExistingImage struct {
	// The name that services lists.
	Name string `json:"name"`
	// The repository's name.
	Repository string `json:"repository"`
}

// Existing is what exists already in a region.
func (e *Environment) Existing(region string) Existing {
	if region == e.Regions.Recovery {
		return e.Imports.Recovery
	}
	return e.Imports.Primary
}

// Imported tells whether the VPC exists already.
func (n ExistingNetwork) Imported() bool {
	return n.VPC != "" || n.Range != "" || n.DatabaseACL != "" || len(n.PublicSubnets)+len(n.PrivateSubnets)+len(n.DatabaseSubnets)+len(n.RouteTables) > 0
}

// Imported tells whether the load balancer exists already.
func (b ExistingBalancer) Imported() bool { return b != ExistingBalancer{} }

// Imported tells whether the cluster exists already.
func (c ExistingCluster) Imported() bool { return c.Name != "" || len(c.Services)+len(c.TaskRoles) > 0 }

// service is the entry of a service; the empty one when the cluster is made.
func (c ExistingCluster) service(name string) (ExistingService, bool) {
	for _, s := range c.Services {
		if s.Name == name {
			return s, true
		}
	}
	return ExistingService{}, false
}

// IsZero tells encoding/json to leave out a network that is made.
func (n ExistingNetwork) IsZero() bool { return !n.Imported() }

// IsZero tells encoding/json to leave out a cluster that is made.
func (c ExistingCluster) IsZero() bool { return !c.Imported() }

// IsZero tells encoding/json to leave out a region where everything is made.
func (x Existing) IsZero() bool {
	return !x.Network.Imported() && !x.Balancer.Imported() && !x.Cluster.Imported() && x.Database == "" && x.Files == "" && len(x.Images) == 0 && x.Data == ""
}

// IsZero tells encoding/json to leave out the imports of an environment in which everything is made.
func (i Imports) IsZero() bool { return i.Primary.IsZero() && i.Recovery.IsZero() }
