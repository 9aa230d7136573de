package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/stacks/template"
)

// Account is what the templates of a deployment say about permissions.
type Account struct {
	templates []*template.Template
	roles     map[string]*Role // by region and ARN
	keys      map[string]Document
	resources map[string]Document // by region and ARN
}

// Role is a role with the policies that are attached to it.
type Role struct {
	ARN      string
	Name     string // logical name in its template
	Stack    string // of its template
	Region   string
	Trusted  []string // the services that may take it on
	Policies Policies
	Foreign  []string // policies of AWS's, whose text is in no template
}

// Load reads the roles and the policies of all templates.
func Load(templates []*template.Template) (*Account, error) {
	a := &Account{templates: templates, roles: map[string]*Role{}, keys: map[string]Document{}, resources: map[string]Document{}}
	for _, t := range templates {
		for _, id := range t.Of("AWS::IAM::Role") {
			role, err := readRole(t, id)
			if err != nil {
				return nil, fmt.Errorf("role %s in %s of %s: %w", id, t.Stack, t.Region, err)
			}
			a.roles[t.Region+" "+role.ARN] = role
		}
	}
	for _, t := range templates {
		if err := a.attach(t); err != nil {
			return nil, fmt.Errorf("stack %s in %s: %w", t.Stack, t.Region, err)
		}
	}
	return a, nil
}

func readRole(t *template.Template, id string) (*Role, error) {
	arn, _ := t.Resolve(map[string]any{"Fn::GetAtt": []any{id, "Arn"}}).(string)
	role := &Role{ARN: arn, Name: id, Stack: t.Stack, Region: t.Region}
	if managed, ok := t.Get(id, "ManagedPolicyArns").([]any); ok {
		for _, policy := range managed {
			if text, _ := policy.(string); strings.HasPrefix(text, "arn:aws:iam::aws:") {
				role.Foreign = append(role.Foreign, text)
			}
		}
	}
	trust, err := Read(t.Get(id, "AssumeRolePolicyDocument"))
	if err != nil {
		return nil, fmt.Errorf("its trust: %w", err)
	}
	for _, s := range trust {
		role.Trusted = append(role.Trusted, s.Principals...)
	}
	inline, _ := t.Get(id, "Policies").([]any)
	for _, item := range inline {
		fields, _ := item.(map[string]any)
		document, err := Read(fields["PolicyDocument"])
		if err != nil {
			return nil, err
		}
		role.Policies.Identity = append(role.Policies.Identity, document)
	}
	return role, nil
}

// attach reads the policies that are resources of their own.
func (a *Account) attach(t *template.Template) error {
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} {
		for _, id := range t.Of(kind) {
			document, err := Read(t.Get(id, "PolicyDocument"))
			if err != nil {
				return fmt.Errorf("policy %s: %w", id, err)
			}
			holders := a.attachedTo(t, id)
			for _, role := range holders {
				role.Policies.Identity = append(role.Policies.Identity, document)
			}
			if bounds := a.bound(t, id, document); !bounds && len(holders) == 0 {
				return fmt.Errorf("policy %s is of no role of its stack: nobody can say whom it lets do what", id)
			}
		}
	}
	for _, kind := range []string{"AWS::KMS::Key", "AWS::KMS::ReplicaKey"} {
		for _, id := range t.Of(kind) {
			document, err := Read(t.Get(id, "KeyPolicy"))
			if err != nil {
				return fmt.Errorf("policy of key %s: %w", id, err)
			}
			a.keys[t.Region] = append(a.keys[t.Region], document...)
		}
	}
	return a.attachToResources(t)
}

// attachedTo are the roles that a policy names, and those that name it.
func (a *Account) attachedTo(t *template.Template, id string) []*Role {
	names, _ := t.Get(id, "Roles").([]any)
	arn := t.Resolve(map[string]any{"Ref": id})
	var all []*Role
	for _, role := range a.roles {
		if role.Region != t.Region || role.Stack != t.Stack {
			continue
		}
		named := slices.Contains(names, t.Resolve(map[string]any{"Ref": role.Name}))
		managed, _ := t.Get(role.Name, "ManagedPolicyArns").([]any)
		if named || slices.Contains(managed, arn) {
			all = append(all, role)
		}
	}
	return all
}

// bound makes a policy the boundary of the roles that name it as theirs, and tells whether any does.
func (a *Account) bound(t *template.Template, id string, document Document) (bounds bool) {
	arn := t.Resolve(map[string]any{"Ref": id})
	for _, role := range a.roles {
		if role.Region == t.Region && t.Get(role.Name, "PermissionsBoundary") == arn {
			role.Policies.Boundary, bounds = document, true
		}
	}
	return bounds
}

// attached are the policies of resources, by the property that lists whom they belong to.
var attached = map[string]struct{ property, prefix string }{
	"AWS::S3::BucketPolicy": {"Bucket", "arn:aws:s3:::"},
	"AWS::SNS::TopicPolicy": {"Topics", ""},
	"AWS::SQS::QueuePolicy": {"Queues", ""},
}

func (a *Account) attachToResources(t *template.Template) error {
	for kind, owner := range attached {
		for _, id := range t.Of(kind) {
			document, err := Read(t.Get(id, "PolicyDocument"))
			if err != nil {
				return fmt.Errorf("policy %s: %w", id, err)
			}
			owners, isList := t.Get(id, owner.property).([]any)
			if !isList {
				owners = []any{t.Get(id, owner.property)}
			}
			for _, name := range owners {
				arn := t.Region + " " + owner.prefix + fmt.Sprint(name)
				a.resources[arn] = append(a.resources[arn], document...)
			}
		}
	}
	return nil
}

// RoleOf is the role of a function or a state machine by its deployed name.
func (a *Account) RoleOf(region, kind, nameProperty, roleProperty, name string) (*Role, error) {
	for _, t := range a.templates {
		if t.Region != region {
			continue
		}
		for _, id := range t.Of(kind) {
			if t.Text(id, nameProperty) != name {
				continue
			}
			if role, ok := a.roles[region+" "+t.Text(id, roleProperty)]; ok {
				return role, nil
			}
			return nil, fmt.Errorf("%s %s in %s has role %s, which is in no template", kind, name, region, t.Text(id, roleProperty))
		}
	}
	return nil, fmt.Errorf("no template has %s %s in %s", kind, name, region)
}

// Roles are all roles of the templates, ordered by region and ARN.
func (a *Account) Roles() []*Role {
	var all []*Role
	for _, key := range slices.Sorted(maps.Keys(a.roles)) {
		all = append(all, a.roles[key])
	}
	return all
}

// ByARN is a role that a template of the region has; nil when none has it.
func (a *Account) ByARN(region, arn string) *Role { return a.roles[region+" "+arn] }

// Function is the role of a Lambda function.
func (a *Account) Function(region, name string) (*Role, error) {
	return a.RoleOf(region, "AWS::Lambda::Function", "FunctionName", "Role", name)
}

// Machine is the role of a state machine.
func (a *Account) Machine(region, name string) (*Role, error) {
	return a.RoleOf(region, "AWS::StepFunctions::StateMachine", "StateMachineName", "RoleArn", name)
}

// Decide evaluates a request of a role, over TLS, with the policy of the resource if a template has it.
func (a *Account) Decide(role *Role, action, resource string, context map[string][]string) (Decision, error) {
	if len(role.Foreign) > 0 {
		return noDecision, fmt.Errorf("role %s has policies that are in no template, so nobody can say what it may do: %v", role.Name, role.Foreign)
	}
	p := role.Policies
	request := Request{Principal: role.ARN, Action: action, Resource: resource, Context: map[string][]string{
		"aws:securetransport": {"true"},
	}}
	for key, values := range context {
		request.Context[strings.ToLower(key)] = values
	}
	if strings.HasPrefix(action, "kms:") {
		parts := strings.Split(resource, ":")
		if len(parts) < 6 {
			return noDecision, fmt.Errorf("%s is checked on %s, which is no key", action, resource)
		}
		if p.Resource = a.keys[parts[3]]; p.Resource != nil {
			p.ResourceDecides = true
		}
		return Decide(p, request)
	}
	owner := resource
	if strings.HasPrefix(resource, "arn:aws:s3:::") {
		owner, _, _ = strings.Cut(resource, "/")
	}
	for name, document := range a.resources {
		if _, arn, _ := strings.Cut(name, " "); arn == owner {
			p.Resource = append(p.Resource, document...)
		}
	}
	return Decide(p, request)
}
