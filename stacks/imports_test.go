package stacks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/environment/file"
)

// imported is an environment whose whole workload exists already.
func imported(t *testing.T) *environment.Environment {
	t.Helper()
	var text []byte
	for _, part := range []string{"../environments/production.yaml", "../internal/environment/file/testdata/imports.yaml"} {
		lines, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, lines...), '\n')
	}
	e, err := file.Load("imported.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	e.Database.Keys = environment.Keys{
		Primary:  "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666",
		Recovery: "arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-5555-6666-7777-888899990000",
	}
	return e
}

// part is something that an owner may have already: the resource types that are made otherwise, and nothing else makes, and
// the identifiers by which the templates refer to it, which are more when other parts are made beside it.
type part struct {
	name string
	made []string
	take func(to, from *environment.Existing)
	refs func(x environment.Existing, made func(part string) bool) []string
}

var parts = []part{
	{
		"network", []string{"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::InternetGateway", "AWS::EC2::VPCEndpoint", "AWS::EC2::RouteTable", "AWS::EC2::NetworkAcl", "AWS::EC2::NetworkAclEntry", "AWS::EC2::FlowLog"},
		func(to, from *environment.Existing) { to.Network = from.Network },
		func(x environment.Existing, made func(string) bool) []string {
			refs := append([]string{x.Network.VPC}, x.Network.PrivateSubnets...)
			if made("balancer") {
				refs = append(refs, x.Network.PublicSubnets...)
			}
			if made("database") {
				refs = append(refs, x.Network.DatabaseSubnets...)
			}
			return refs
		},
	},
	{
		"balancer", []string{"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener", "AWS::CertificateManager::Certificate"},
		func(to, from *environment.Existing) { to.Balancer = from.Balancer },
		func(x environment.Existing, made func(string) bool) []string {
			refs := []string{x.Balancer.Name, x.Balancer.HostedZone}
			if made("cluster") {
				refs = append(refs, x.Balancer.Listener, x.Balancer.SecurityGroup)
			}
			return refs
		},
	},
	{
		"cluster", []string{"AWS::ECS::Cluster", "AWS::ECS::Service", "AWS::ECS::TaskDefinition", "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"},
		func(to, from *environment.Existing) { to.Cluster = from.Cluster },
		func(x environment.Existing, _ func(string) bool) []string {
			refs := []string{"service/" + x.Cluster.Name + "/"}
			for _, s := range x.Cluster.Services {
				refs = append(refs, x.Cluster.Name+"/"+s.Service, s.LogGroup)
			}
			return append(refs, x.Cluster.TaskRoles...)
		},
	},
	{
		"database", []string{"AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup", "AWS::SecretsManager::Secret"},
		func(to, from *environment.Existing) { to.Database = from.Database },
		func(x environment.Existing, _ func(string) bool) []string { return []string{":db:" + x.Database} },
	},
	{
		"files", []string{"AWS::EFS::FileSystem", "AWS::EFS::MountTarget"},
		func(to, from *environment.Existing) { to.Files = from.Files },
		func(x environment.Existing, _ func(string) bool) []string { return []string{x.Files} },
	},
	{
		"images", []string{"AWS::ECR::Repository", "AWS::ECR::ReplicationConfiguration"},
		func(to, from *environment.Existing) { to.Images = from.Images },
		func(x environment.Existing, made func(string) bool) []string {
			if !made("cluster") {
				return nil // only tasks that are made pull them
			}
			var refs []string
			for _, image := range x.Images {
				refs = append(refs, "repository/"+image.Repository, "amazonaws.com/"+image.Repository+":stable")
			}
			return refs
		},
	},
	{
		"data", nil, // one bucket of several: see below
		func(to, from *environment.Existing) { to.Data = from.Data },
		func(x environment.Existing, _ func(string) bool) []string { return []string{"arn:aws:s3:::" + x.Data} },
	},
}

// check holds the templates of one environment to what it imports: nothing of it is made there, all of the rest is, and each
// reference names what exists.
func check(t *testing.T, e *environment.Environment, a *assembly, imports func(region, part string) bool) {
	t.Helper()
	text := map[string]string{}
	made := map[string]map[string]int{}
	for _, template := range a.templates {
		_, region, _ := strings.Cut(template.Stack, "-")
		text[region] += template.Text
		if made[region] == nil {
			made[region] = map[string]int{}
		}
		for _, r := range template.Resources {
			made[region][r.Type]++
			if r.Type == "AWS::S3::Bucket" && r.Properties["BucketName"] == e.BucketIn(region, e.Buckets.Data) {
				made[region]["data"]++
			}
		}
	}
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		for _, p := range parts {
			is := imports(region, p.name)
			for _, kind := range append(slices.Clone(p.made), map[bool]string{true: "data", false: ""}[p.name == "data"]) {
				once := slices.Contains([]string{"AWS::SecretsManager::Secret", "AWS::ECR::ReplicationConfiguration"}, kind) && region != e.Regions.Primary
				switch n := made[region][kind]; {
				case kind == "":
				case is && n > 0:
					t.Errorf("%s: %s exists already, and %d %s are made", region, p.name, n, kind)
				case !is && n == 0 && !once:
					t.Errorf("%s: %s is to be made, and there is no %s", region, p.name, kind)
				}
			}
			if !is {
				continue
			}
			for _, ref := range p.refs(e.Existing(region), func(other string) bool { return !imports(region, other) }) {
				if !strings.Contains(text[region], ref) {
					t.Errorf("%s: no template refers to %s of %s", region, ref, p.name)
				}
			}
		}
	}
	resolved(t, a)
}

var reference = regexp.MustCompile(`"(?:Ref|Fn::GetAtt)":\s*(?:"([A-Za-z0-9:]+)"|\[\s*"([A-Za-z0-9]+)")`)

// resolved wants every reference of a template to name a resource or a parameter of it.
func resolved(t *testing.T, a *assembly) {
	t.Helper()
	for _, template := range a.templates {
		var whole struct{ Parameters map[string]any }
		if err := json.Unmarshal([]byte(template.Text), &whole); err != nil {
			t.Fatal(err)
		}
		found := reference.FindAllStringSubmatch(template.Text, -1)
		if len(found) == 0 {
			t.Errorf("%s: no reference was found", template.Stack)
		}
		for _, match := range found {
			name := match[1] + match[2]
			_, isResource := template.Resources[name]
			_, isParameter := whole.Parameters[name]
			if !isResource && !isParameter && !strings.HasPrefix(name, "AWS::") {
				t.Errorf("%s refers to %s, which it does not have", template.Stack, name)
			}
		}
	}
}

func TestNothingIsMadeOfAWorkloadThatExists(t *testing.T) {
	e := imported(t)
	a := synthesiseImports(t, e, func(string, string) bool { return true })
	for _, kind := range []string{"AWS::EC2::VPCPeeringConnection", "AWS::EC2::Route", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::KMS::Alias"} {
		for id, r := range a.of(kind) {
			if kind != "AWS::KMS::Alias" || r.Properties["AliasName"] != e.KeyAlias() {
				t.Errorf("%s (%s) is made, and its owner has one", id, kind)
			}
		}
	}
}

func TestEachPartAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("it synthesises an environment for each part")
	}
	whole := imported(t)
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			e := imported(t)
			e.Imports = environment.Imports{}
			p.take(&e.Imports.Primary, &whole.Imports.Primary)
			p.take(&e.Imports.Recovery, &whole.Imports.Recovery)
			synthesiseImports(t, e, func(_, name string) bool { return name == p.name })
		})
	}
}

// TestAStandbyIsMadeForAPrimaryThatExists is how most owners begin.
func TestAStandbyIsMadeForAPrimaryThatExists(t *testing.T) {
	e := imported(t)
	e.Imports.Recovery = environment.Existing{}
	a := synthesiseImports(t, e, func(region, _ string) bool { return region == e.Regions.Primary })
	replica := a.stack(t, "workload-us-west-2").Resources["database"].Properties
	if replica["SourceDBInstanceIdentifier"] != "arn:aws:rds:us-east-1:111122223333:db:acso-production-db" {
		t.Errorf("the replica that is made follows %v", replica["SourceDBInstanceIdentifier"])
	}
	peering := a.stack(t, "foundation-us-west-2").Resources["peering"].Properties
	if peering["PeerVpcId"] != e.Imports.Primary.Network.VPC {
		t.Errorf("the network that is made is joined to %v", peering["PeerVpcId"])
	}
	var routed []string
	for _, r := range a.stack(t, "workload-us-east-1").Resources {
		if r.Type == "AWS::EC2::Route" {
			routed = append(routed, fmt.Sprint(r.Properties["RouteTableId"], " to ", r.Properties["DestinationCidrBlock"]))
		}
	}
	slices.Sort(routed)
	if want := []string{"rtb-10000000000000001 to 10.1.0.0/16", "rtb-10000000000000002 to 10.1.0.0/16"}; !slices.Equal(routed, want) {
		t.Errorf("the way back is %v, want %v", routed, want)
	}
}

func synthesiseImports(t *testing.T, e *environment.Environment, imports func(region, part string) bool) *assembly {
	t.Helper()
	if mistakes := e.Check(); len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	a, err := synthesise(e)
	if err != nil {
		t.Fatal(err)
	}
	check(t, e, a, imports)
	return a
}
