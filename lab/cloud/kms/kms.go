// Package kms models AWS KMS keys per region as far as backups and replicas depend on them: a key exists in its region
// or it does not, is usable or is not, and what it encrypted opens only with it and the same encryption context.
//
// Key policies are not modelled beyond the key's state and the caller's IAM actions, and grants are recorded without
// giving anybody a right. The cipher is real AES-GCM under a key that anyone can compute: it protects nothing.
package kms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// State is whether a key can be used.
type State = types.KeyState

// The states.
const (
	Enabled         = types.KeyStateEnabled
	Disabled        = types.KeyStateDisabled
	PendingDeletion = types.KeyStatePendingDeletion
)

// Service is KMS in all regions.
type Service struct {
	cloud   *cloud.Cloud
	keys    map[string]*key   // by ARN
	aliases map[string]string // alias ARN to key ARN
	made    int
	grants  []Grant
}

type key struct {
	id, arn, region string
	state           State
	multiRegion     bool
}

// Grant is a grant that was created.
type Grant struct {
	ID, Key, Grantee string
	Operations       []types.GrantOperation
}

// New models KMS.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, keys: map[string]*key{}, aliases: map[string]string{}}
	s.register()
	return s
}

// Create makes an enabled key in a region with the id (a UUID; "" makes one up) and gives its ARN.
func (s *Service) Create(region, id string) string {
	if id == "" {
		s.made++
		id = fmt.Sprintf("11111111-0000-4000-8000-%012d", s.made)
	}
	arn := s.cloud.ARN("kms", region, "key/"+id)
	s.keys[arn] = &key{id: id, arn: arn, region: region, state: Enabled}
	return arn
}

// CreateARN makes an enabled key, or an alias with a key, from an ARN as an environment file names it.
func (s *Service) CreateARN(arn string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "kms" {
		panic(fmt.Sprintf("lab: %q is not the ARN of a KMS key or alias", arn))
	}
	if name, ok := strings.CutPrefix(parts[5], "alias/"); ok {
		s.Alias(parts[3], name, s.Create(parts[3], ""))
		return
	}
	s.Create(parts[3], strings.TrimPrefix(parts[5], "key/"))
}

// CreateMultiRegion makes one key with replicas in all the regions, under one id and the same material, and gives the id.
func (s *Service) CreateMultiRegion(regions ...string) string {
	s.made++
	id := fmt.Sprintf("mrk-%032d", s.made)
	for _, region := range regions {
		s.Create(region, id)
		s.keys[s.cloud.ARN("kms", region, "key/"+id)].multiRegion = true
	}
	return id
}

// Alias names a key (without alias/) in a region.
func (s *Service) Alias(region, name, keyARN string) {
	s.aliases[s.cloud.ARN("kms", region, "alias/"+name)] = keyARN
}

// SetState enables or disables a key or schedules its deletion.
func (s *Service) SetState(region, id string, state State) {
	k, err := s.find(region, id)
	if err != nil {
		panic(fmt.Sprintf("lab: key %s in %s: %v", id, region, err))
	}
	k.state = state
}

// Grants are the grants that were created, oldest first.
func (s *Service) Grants() []Grant { return slices.Clone(s.grants) }

// ARN is the key's ARN for an id, ARN or alias in a region, or NotFoundException.
func (s *Service) ARN(region, id string) (string, error) {
	k, err := s.find(region, id)
	if err != nil {
		return "", err
	}
	return k.arn, nil
}

// Usable is what a service gets when it uses a key: nil, NotFoundException, DisabledException or
// KMSInvalidStateException.
func (s *Service) Usable(region, id string) error {
	_, err := s.usable(region, id)
	return err
}

// find takes a key id, a key ARN, alias/name or an alias ARN. A key of another region does not exist here.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
func (s *Service) find(region, id string) (*key, error) {
	arn := id
	if !strings.HasPrefix(id, "arn:") {
		resource := id
		if !strings.HasPrefix(id, "alias/") {
			resource = "key/" + id
		}
		arn = s.cloud.ARN("kms", region, resource)
	}
	if target, ok := s.aliases[arn]; ok && strings.Split(arn, ":")[3] == region {
		arn = target
	}
	if k := s.keys[arn]; k != nil && k.region == region {
		return k, nil
	}
	return nil, &types.NotFoundException{Message: aws.String(fmt.Sprintf("Key '%s' does not exist", arn))}
}

func (s *Service) usable(region, id string) (*key, error) {
	k, err := s.find(region, id)
	if err != nil {
		return nil, err
	}
	switch k.state {
	case Enabled:
		return k, nil
	case Disabled:
		return nil, &types.DisabledException{Message: aws.String(k.arn + " is disabled.")}
	}
	return nil, &types.KMSInvalidStateException{Message: aws.String(k.arn + " is pending deletion.")}
}

// Actions is one IAM action on the key behind an id, for kms and for the services that use keys for a caller. A key
// that does not exist is checked under the name that was given.
func (s *Service) Actions(region, action, id string) []grant.Action {
	resource := id
	if k, err := s.find(region, id); err == nil {
		resource = k.arn // aliases are resolved before permissions are checked
	}
	return []grant.Action{{Name: action, Resource: resource}}
}
