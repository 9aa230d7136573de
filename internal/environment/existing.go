package environment

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// imports are the rules of what exists already. A mistake there would be found by CloudFormation only, or by a failover.
func (r *rules) imports(e *Environment) {
	for _, side := range []struct{ field, region, regionField string }{
		{"imports.primary", e.Regions.Primary, "regions.primary"}, {"imports.recovery", e.Regions.Recovery, "regions.recovery"},
	} {
		x := e.Imports.Primary
		if side.field == "imports.recovery" {
			x = e.Imports.Recovery
		}
		r.existingNetwork(side.field+".network", x.Network)
		r.existingBalancer(e, side.field+".balancer", x.Balancer, side.region, side.regionField)
		r.existingCluster(e, side.field+".cluster", x.Cluster)
		r.existingImages(e, side.field+".images", x.Images)
		if x.Database != "" {
			r.shape(side.field+".database", x.Database, instanceShape)
		}
		if x.Files != "" {
			r.shape(side.field+".files", x.Files, filesShape)
		}
		if x.Data != "" {
			r.shape(side.field+".data", x.Data, existingBucketShape)
		}
	}
	r.existingTogether(e)
}

// existingNetwork wants the subnets of each layer in the same zones, hence as many of each.
func (r *rules) existingNetwork(field string, n ExistingNetwork) {
	if !n.Imported() {
		return
	}
	r.shape(field+".vpc", n.VPC, vpcShape)
	r.shape(field+".databaseACL", n.DatabaseACL, aclShape)
	r.shape(field+".range", n.Range, rangeShape)
	if rangeShape.Fits(n.Range) {
		prefix, err := netip.ParsePrefix(n.Range)
		// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: a VPC has /16 to /28.
		good := err == nil && prefix == prefix.Masked() && prefix.Bits() >= 16 && prefix.Bits() <= 28
		r.refuse(good, field+".range", n.Range+" is not the range of a VPC", "write its first address and 16 to 28 bits, for example 10.20.0.0/16")
	}
	listed := map[string]string{}
	for _, layer := range []struct {
		field string
		all   []string
		shape Shape
		least int
	}{
		{".publicSubnets", n.PublicSubnets, subnetShape, 2}, {".privateSubnets", n.PrivateSubnets, subnetShape, 2},
		{".databaseSubnets", n.DatabaseSubnets, subnetShape, 2}, {".routeTables", n.RouteTables, routeTableShape, 1},
	} {
		// RDS and load balancers want two zones at least:
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
		r.refuse(len(layer.all) >= layer.least, field+layer.field, fmt.Sprintf("lists %d", len(layer.all)), fmt.Sprintf("list at least %d", layer.least))
		for i, id := range layer.all {
			at := fmt.Sprintf("%s%s[%d]", field, layer.field, i)
			r.shape(at, id, layer.shape)
			if first, twice := listed[id]; twice {
				r.refuse(false, at, id+" is listed twice, first as "+first, "remove one of the two", first)
			}
			listed[id] = at
		}
		if layer.least == 2 && len(layer.all) >= 2 && len(n.PublicSubnets) >= 2 {
			r.refuse(len(layer.all) == len(n.PublicSubnets), field+layer.field, fmt.Sprintf("lists %d and publicSubnets %d", len(layer.all), len(n.PublicSubnets)), "list one for each zone in all three", field+".publicSubnets")
		}
	}
}

func (r *rules) existingBalancer(e *Environment, field string, b ExistingBalancer, region, regionField string) {
	if !b.Imported() {
		return
	}
	r.shape(field+".listener", b.Listener, listenerShape)
	r.shape(field+".securityGroup", b.SecurityGroup, groupShape)
	r.shape(field+".name", b.Name, hostShape)
	r.shape(field+".hostedZone", b.HostedZone, zoneShape)
	if arn := strings.Split(b.Listener, ":"); len(arn) == 6 {
		r.refuse(arn[3] == region, field+".listener", "the listener is in "+arn[3]+" and not in "+region, "name a listener in "+region, regionField)
		r.refuse(arn[4] == e.Account, field+".listener", "the listener belongs to account "+arn[4]+" and not to "+e.Account, "name a listener of account "+e.Account, "account")
	}
}

func (r *rules) existingCluster(e *Environment, field string, c ExistingCluster) {
	if !c.Imported() {
		return
	}
	r.shape(field+".name", c.Name, clusterShape)
	entries := make([]string, len(c.Services))
	for i, s := range c.Services {
		at := fmt.Sprintf("%s.services[%d]", field, i)
		entries[i] = s.Name
		r.shape(at+".name", s.Name, serviceShape)
		r.shape(at+".service", s.Service, clusterShape)
		r.shape(at+".logGroup", s.LogGroup, logGroupShape)
		for j := range c.Services[:i] {
			other := fmt.Sprintf("%s.services[%d].service", field, j)
			r.refuse(c.Services[j].Service != s.Service, at+".service", s.Service+" is the service of "+c.Services[j].Name+" too", "write a service of its own", other)
		}
	}
	r.eachService(e, field+".services", entries)
	r.refuse(len(c.TaskRoles) > 0, field+".taskRoles", "lists none", "list the task role and the execution role of every service", field+".services")
	for i, role := range c.TaskRoles {
		r.shape(fmt.Sprintf("%s.taskRoles[%d]", field, i), role, roleShape)
	}
}

func (r *rules) existingImages(e *Environment, field string, images []ExistingImage) {
	if len(images) == 0 {
		return
	}
	entries := make([]string, len(images))
	for i, image := range images {
		at := fmt.Sprintf("%s[%d]", field, i)
		entries[i] = image.Name
		r.shape(at+".name", image.Name, serviceShape)
		r.shape(at+".repository", image.Repository, repositoryShape)
	}
	r.eachService(e, field, entries)
}

// eachService wants one entry for each service of the environment.
func (r *rules) eachService(e *Environment, field string, entries []string) {
	index := map[string]int{}
	for i, s := range e.Services {
		index[s.Name] = i
	}
	seen := map[string]int{}
	for i, name := range entries {
		at := fmt.Sprintf("%s[%d].name", field, i)
		_, known := index[name]
		r.refuse(known, at, fmt.Sprintf("%q is no service of this environment", name), "write a name that services lists", "services")
		if first, twice := seen[name]; twice {
			r.refuse(false, at, name+" is listed twice", "remove one of the two", fmt.Sprintf("%s[%d].name", field, first))
		} else {
			seen[name] = i
		}
	}
	if len(entries) > len(seen) || slices.ContainsFunc(entries, func(name string) bool { _, known := index[name]; return !known }) {
		return // a name that is wrong there is why another one is missing
	}
	for _, s := range e.Services {
		_, listed := seen[s.Name]
		r.refuse(listed, field, "does not list "+s.Name+", and a part is imported whole or not at all", "add "+s.Name, "services", field)
	}
}

// existingTogether are the rules between what exists and the rest of the environment.
func (r *rules) existingTogether(e *Environment) {
	p, s := e.Imports.Primary, e.Imports.Recovery
	same := func(field, value, other, wanted string) {
		if value != "" {
			r.refuse(value == wanted, field, value+" differs from "+other+" ("+wanted+"), by which the functions know it", "write the same in both", other)
		}
	}
	same("imports.primary.database", p.Database, "database.identifier", e.Database.Identifier)
	same("imports.recovery.database", s.Database, "database.replica", e.Database.Replica)
	same("imports.primary.data", p.Data, "buckets.data", e.Buckets.Data)
	r.refuse(s.Database == "" || p.Database != "", "imports.recovery.database", s.Database+" cannot be the replica of a database that is yet to be made", "import the primary's database too, or have the replica made: remove this line", "imports.primary.database")
	for _, other := range []struct{ field, name string }{
		{"buckets.backups", e.BucketIn(e.Regions.Recovery, e.Buckets.Backups)}, {"buckets.compliance", e.BucketIn(e.Regions.Recovery, e.Buckets.Compliance)}, {"buckets.data", e.Buckets.Data},
	} {
		r.refuse(s.Data == "" || s.Data != other.name, "imports.recovery.data", s.Data+" is the bucket of "+other.field, "name the recovery region's own data bucket", other.field)
	}
	for i, image := range s.Images {
		for j, first := range p.Images {
			if first.Name == image.Name {
				r.refuse(first.Repository == image.Repository, fmt.Sprintf("imports.recovery.images[%d].repository", i),
					image.Repository+" differs from the primary's ("+first.Repository+"), and ECR replicates an image under the name of its repository", "write the same in both",
					fmt.Sprintf("imports.primary.images[%d].repository", j))
			}
		}
	}
	r.apart(e)
}

// apart refuses networks that overlap: they are peered, and the functions of either prove a fence at the other's database.
func (r *rules) apart(e *Environment) {
	there := e.Imports.Recovery.Network.Imported()
	if !e.Imports.Primary.Network.Imported() && !there {
		return
	}
	home, err := netip.ParsePrefix(e.Network(e.Regions.Primary))
	if err != nil {
		return // said already
	}
	standby, err := netip.ParsePrefix(e.Network(e.Regions.Recovery))
	if err != nil {
		return
	}
	field, other := "imports.recovery.network.range", "imports.primary.network.range"
	if !there {
		field, other = other, "regions.recovery"
	}
	r.refuse(!home.Overlaps(standby), field, fmt.Sprintf("the networks of the two regions overlap (%s and %s), so neither could reach the other's database", home, standby), "import networks with ranges that are apart", other)
}
