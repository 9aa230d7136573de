package cost

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/acso/disaster-recovery/stacks/template"
)

// meter adds quantities up.
type meter struct {
	prices   Prices
	activity Activity
	sums     map[mark]float64
	largest  float64 // database of all templates, in GB
	err      error   // the first one
}

// mark is what a sum is of.
type mark struct{ key, class, region string }

func (m *meter) add(t *template.Template, key, class string, quantity float64) {
	m.sums[mark{key, class, t.Region}] += quantity
}

func (m *meter) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// counted are the resources that cost something by being there, per hour or per month.
var counted = []struct {
	kind, key string
	hourly    bool
}{
	{"AWS::EC2::NatGateway", "natGateway", true},
	{"AWS::EC2::EIP", "address", true},
	{"AWS::ElasticLoadBalancingV2::LoadBalancer", "balancer", true},
	{"AWS::CloudWatch::Alarm", "alarm", false},
	{"AWS::CloudWatch::Dashboard", "dashboard", false},
	{"AWS::KMS::Key", "key", false},
	{"AWS::KMS::ReplicaKey", "key", false},
	{"AWS::SecretsManager::Secret", "secret", false},
}

// size looks for the largest database, which replicas are as large as.
func (m *meter) size(t *template.Template) {
	for _, id := range t.Of("AWS::RDS::DBInstance") {
		m.largest = max(m.largest, number(t.Get(id, "AllocatedStorage")))
	}
}

func (m *meter) read(t *template.Template) {
	for _, c := range counted {
		n := float64(len(t.Of(c.kind)))
		if c.hourly {
			n *= m.prices.Hours
		}
		m.add(t, c.key, "", n)
	}
	m.databases(t)
	m.tasks(t)
	m.checks(t)
	m.schedules(t)
	for _, id := range t.Of("AWS::EC2::VPCEndpoint") {
		if zones, _ := t.Get(id, "SubnetIds").([]any); t.Text(id, "VpcEndpointType") == "Interface" {
			m.add(t, "endpoint", "", m.prices.Hours*float64(len(zones)))
		}
	}
}

// databases: a Multi-AZ instance is two, and a replica is as large as the instance that it replicates, whose template is
// another one.
func (m *meter) databases(t *template.Template) {
	for _, id := range t.Of("AWS::RDS::DBInstance") {
		copies := 1.0
		if t.Get(id, "MultiAZ") == true {
			copies = 2
		}
		m.add(t, "database", t.Text(id, "DBInstanceClass"), copies*m.prices.Hours)
		size := number(t.Get(id, "AllocatedStorage"))
		if size == 0 {
			size = m.largest
		}
		m.add(t, "databaseStorage", "", copies*size)
	}
}

// tasks are those that always run: the least that the scaling allows.
func (m *meter) tasks(t *template.Template) {
	least := map[string]float64{}
	for _, id := range t.Of("AWS::ApplicationAutoScaling::ScalableTarget") {
		resource := t.Text(id, "ResourceId")
		least[resource[strings.LastIndex(resource, "/")+1:]] = number(t.Get(id, "MinCapacity"))
	}
	for _, id := range t.Of("AWS::ECS::TaskDefinition") {
		class := "X86_64"
		if platform, ok := t.Get(id, "RuntimePlatform").(map[string]any); ok && platform["CpuArchitecture"] != nil {
			class = fmt.Sprint(platform["CpuArchitecture"])
		}
		running := least[t.Text(id, "Family")] * m.prices.Hours
		m.add(t, "taskCPU", class, running*number(t.Get(id, "Cpu"))/1024)
		m.add(t, "taskMemory", class, running*number(t.Get(id, "Memory"))/1024)
	}
}

// checks: HTTPS and a short interval cost extra, each. https://aws.amazon.com/route53/pricing/
func (m *meter) checks(t *template.Template) {
	for _, id := range t.Of("AWS::Route53::HealthCheck") {
		m.add(t, "healthCheck", "", 1)
		config, _ := t.Get(id, "HealthCheckConfig").(map[string]any)
		if config["Type"] == "HTTPS" {
			m.add(t, "healthOption", "", 1)
		}
		if number(config["RequestInterval"]) == 10 {
			m.add(t, "healthOption", "", 1)
		}
	}
}

// schedules: what fires calls a function, or starts a machine whose states are paid for.
func (m *meter) schedules(t *template.Template) {
	for _, id := range t.Of("AWS::Scheduler::Schedule") {
		if t.Text(id, "State") == "DISABLED" {
			continue // it fires when the regions change roles, and then those of the other region do not
		}
		fires, err := m.activity.Firings(t.Text(id, "ScheduleExpression"), m.prices.Hours)
		if err != nil {
			m.fail(fmt.Errorf("schedule %s: %w", id, err))
			return
		}
		target, _ := t.Get(id, "Target").(map[string]any)
		arn := fmt.Sprint(target["Arn"])
		name := arn[strings.LastIndex(arn, ":")+1:]
		switch {
		case strings.Contains(arn, ":function:"):
			m.add(t, "lambdaCalls", "", fires)
			m.add(t, "lambdaTime", "", fires*m.assumption("lambdaSeconds")*m.memory(t, name))
		case strings.Contains(arn, ":stateMachine:"):
			transitions, measured := m.activity.Transitions[name]
			if !measured {
				m.fail(fmt.Errorf("schedule %s starts %s, whose transitions were not measured", id, name))
			}
			m.add(t, "transitions", "", fires*transitions)
		}
	}
}

// memory of a function in GB.
func (m *meter) memory(t *template.Template, name string) float64 {
	for _, id := range t.Of("AWS::Lambda::Function") {
		if t.Text(id, "FunctionName") == name {
			return number(t.Get(id, "MemorySize")) / 1024
		}
	}
	m.fail(fmt.Errorf("a schedule calls %s, which is in another template", name))
	return 0
}

// assume adds what no template says, for one region.
func (m *meter) assume(region string) {
	for key, assumed := range map[string]string{
		"snapshots": "snapshotGB", "natData": "natGB", "logs": "logsGB", "objects": "s3StandardGB", "infrequent": "s3InfrequentGB",
		"files": "efsGB", "transfer": "transferGB",
	} {
		m.sums[mark{key, "", region}] += m.assumption(assumed)
	}
	m.sums[mark{"balancerUnits", "", region}] += m.assumption("loadUnits") * m.prices.Hours
}

func (m *meter) assumption(key string) float64 {
	for _, a := range m.prices.Assumptions {
		if a.Key == key {
			return a.Value
		}
	}
	m.fail(fmt.Errorf("prices.yaml has no assumption %s", key))
	return 0
}

func (m *meter) lines(regions []string) ([]Line, error) {
	var lines []Line
	priced := map[mark]bool{}
	for _, price := range m.prices.Prices {
		for _, class := range classes(price) {
			for _, region := range regions {
				at := mark{price.Key, class, region}
				priced[at] = true
				if quantity := m.sums[at]; quantity > 0 {
					lines = append(lines, Line{Price: price, Class: class, Region: region, Quantity: quantity, USD: price.USD[class]})
				}
			}
		}
	}
	for at, quantity := range m.sums {
		if quantity > 0 && !priced[at] {
			return nil, fmt.Errorf("prices.yaml has no price for %s %s", at.key, at.class)
		}
	}
	return lines, nil
}

func classes(p Price) []string {
	var all []string
	for class := range p.USD {
		all = append(all, class)
	}
	slices.Sort(all)
	return all
}

func number(value any) float64 {
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if err != nil {
		return 0
	}
	return n
}
