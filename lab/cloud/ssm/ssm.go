// Package ssm models Parameter Store of AWS Systems Manager per region: values with versions and history, secure
// strings under a KMS key, and listing by path.
//
// It has no labels, policies, advanced-tier billing or public parameters. Reads are current: Parameter Store does not
// say how consistent it is.
package ssm

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/kms"
)

// Service is Parameter Store in all regions.
type Service struct {
	cloud       *cloud.Cloud
	keys        *kms.Service
	parameters  map[[2]string]*parameter // by region and name
	subscribers []func(Change)
}

type parameter struct {
	region, name string
	versions     []revision // oldest first
}

type revision struct {
	number      int64
	value       string
	kind        types.ParameterType
	key         string // KMS key of a SecureString
	description string
	tier        types.ParameterTier
	at          time.Time
	by          string
}

// Change is one change of a parameter.
type Change struct {
	At           time.Time
	Region, Name string
	ARN          string
	Operation    string // Create, Update or Delete
	Type         types.ParameterType
}

// Detail is the detail of the event "Parameter Store Change" (source aws.ssm).
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
func (c Change) Detail() json.RawMessage {
	text, err := json.Marshal(map[string]string{"operation": c.Operation, "name": c.Name, "type": string(c.Type)})
	if err != nil {
		panic(fmt.Sprintf("lab: a parameter change does not marshal: %v", err))
	}
	return text
}

// New models Parameter Store; secure strings use the keys.
func New(c *cloud.Cloud, keys *kms.Service) *Service {
	s := &Service{cloud: c, keys: keys, parameters: map[[2]string]*parameter{}}
	s.registerWrites()
	s.registerReads()
	return s
}

// OnChange has f called at every change in any region.
func (s *Service) OnChange(f func(Change)) { s.subscribers = append(s.subscribers, f) }

// Put writes a parameter as a scenario. key is the KMS key of a SecureString and "" for other types.
func (s *Service) Put(region, name, value string, kind types.ParameterType, key string) {
	s.write(region, name, revision{value: value, kind: kind, key: key, tier: types.ParameterTierStandard, by: "scenario"})
}

// Drop removes a parameter as a scenario.
func (s *Service) Drop(region, name string) { s.remove(s.parameters[[2]string{region, name}]) }

// Value is a parameter's value; ok is false when there is none.
func (s *Service) Value(region, name string) (value string, ok bool) {
	p := s.parameters[[2]string{region, name}]
	if p == nil {
		return "", false
	}
	return p.latest().value, true
}

// Names are the names of a region's parameters, sorted.
func (s *Service) Names(region string) []string {
	var names []string
	for id := range s.parameters {
		if id[0] == region {
			names = append(names, id[1])
		}
	}
	sort.Strings(names)
	return names
}

func (p *parameter) latest() revision { return p.versions[len(p.versions)-1] }

// kept is how many versions Parameter Store keeps.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
const kept = 100

func (s *Service) write(region, name string, r revision) int64 {
	id := [2]string{region, name}
	p, operation := s.parameters[id], "Update"
	if p == nil {
		p, operation = &parameter{region: region, name: name}, "Create"
		s.parameters[id] = p
	}
	r.at, r.number = s.cloud.Sim.Now(), 1
	if len(p.versions) > 0 {
		r.number = p.latest().number + 1
	}
	p.versions = append(p.versions, r)
	p.versions = p.versions[max(0, len(p.versions)-kept):]
	s.tell(p, operation)
	return r.number
}

func (s *Service) remove(p *parameter) {
	delete(s.parameters, [2]string{p.region, p.name})
	s.tell(p, "Delete")
}

func (s *Service) tell(p *parameter, operation string) {
	for _, f := range s.subscribers {
		f(Change{At: s.cloud.Sim.Now(), Region: p.region, Name: p.name, ARN: s.arn(p.region, p.name), Operation: operation, Type: p.latest().kind})
	}
}

// arn: the leading slash of a name is part of parameter/, not doubled.
func (s *Service) arn(region, name string) string {
	return s.cloud.ARN("ssm", region, "parameter/"+strings.TrimPrefix(name, "/"))
}

func (s *Service) actions(call *cloud.Call, action string, names ...string) []grant.Action {
	var out []grant.Action
	for _, name := range names {
		out = append(out, grant.Action{Name: "ssm:" + action, Resource: s.arn(call.Region, plain(name))})
	}
	return out
}

// plain is a name without its version (name:3), and without the ARN around it.
func plain(name string) string {
	if _, rest, ok := strings.Cut(name, ":parameter/"); ok {
		name = "/" + rest
	}
	name, _, _ = strings.Cut(name, ":")
	return name
}

// context is the encryption context of a secure string.
// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
const context = "PARAMETER_ARN"

// shown is a parameter as an API returns it. Without decryption the value is a ciphertext that tells nothing.
func (s *Service) shown(p *parameter, r revision, decrypt bool) (types.Parameter, error) {
	value := r.value
	if r.kind == types.ParameterTypeSecureString {
		if !decrypt {
			value = fmt.Sprintf("encrypted:%s:%s=%s:%d", r.key, context, s.arn(p.region, p.name), r.number)
		} else if err := s.keys.Usable(p.region, r.key); err != nil {
			return types.Parameter{}, &types.InvalidKeyId{Message: aws.String(err.Error())}
		}
	}
	return types.Parameter{
		Name: aws.String(p.name), ARN: aws.String(s.arn(p.region, p.name)), Type: r.kind, Value: aws.String(value), Version: r.number,
		LastModifiedDate: aws.Time(r.at), DataType: aws.String("text"),
	}, nil
}

// Secrets are the names of a region's secure strings, sorted.
func (s *Service) Secrets(region string) []string {
	var names []string
	for _, name := range s.Names(region) {
		if s.parameters[[2]string{region, name}].latest().kind == types.ParameterTypeSecureString {
			names = append(names, name)
		}
	}
	return names
}
