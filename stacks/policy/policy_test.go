package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/stacks/policy"
	"github.com/acso/disaster-recovery/stacks/template"
)

// document reads statements from a shorthand: JSON without the quotes around names.
func document(t testing.TB, text string) policy.Document {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	d, err := policy.Read(value)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const role = "arn:aws:iam::111122223333:role/step"

func TestDecisions(t *testing.T) {
	const (
		read    = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
		denyTLS = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
		root    = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`
		viaS3   = `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":["s3.us-east-1.amazonaws.com","rds.us-east-1.amazonaws.com"],"kms:CallerAccount":"111122223333"}}}`
	)
	list := func(statements ...string) string { return `{"Statement":[` + strings.Join(statements, ",") + `]}` }
	const object = "arn:aws:s3:::b/k"
	const key = "arn:aws:kms:us-east-1:111122223333:key/k"
	for _, row := range []struct {
		name                         string
		identity, boundary, resource string
		action, on                   string
		context                      map[string][]string
		key                          bool
		want                         policy.Decision
	}{
		{name: "granted", identity: list(read), action: "s3:GetObject", on: object, want: policy.Allowed},
		{name: "action names have no case", identity: list(read), action: "S3:getobject", on: object, want: policy.Allowed},
		{name: "resources have case", identity: list(read), action: "s3:GetObject", on: "arn:aws:s3:::B/k", want: policy.NotAllowed},
		{name: "another action", identity: list(read), action: "s3:GetObjectVersion", on: object, want: policy.NotAllowed},
		{name: "another resource", identity: list(read), action: "s3:GetObject", on: "arn:aws:s3:::c/k", want: policy.NotAllowed},
		{name: "the bucket is not its objects", identity: list(read), action: "s3:GetObject", on: "arn:aws:s3:::b", want: policy.NotAllowed},
		{name: "nothing is granted by default", identity: list(), action: "s3:GetObject", on: object, want: policy.NotAllowed},
		{name: "a denial wins over a grant", identity: list(read, `{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}`), action: "s3:GetObject", on: object, want: policy.Denied},
		{name: "NotAction grants the others", identity: list(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), action: "s3:GetObject", on: object, want: policy.Allowed},
		{name: "NotAction spares its own", identity: list(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), action: "iam:PassRole", on: "*", want: policy.NotAllowed},
		{name: "NotResource", identity: list(`{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}`), action: "s3:GetObject", on: object, want: policy.NotAllowed},
		{name: "one statement, not as text", identity: `{"Statement":` + read + `}`, action: "s3:GetObject", on: object, want: policy.Allowed},
		{name: "with TLS", identity: list(read), resource: list(denyTLS), action: "s3:GetObject", on: object, context: map[string][]string{"aws:securetransport": {"true"}}, want: policy.Allowed},
		{name: "without TLS", identity: list(read), resource: list(denyTLS), action: "s3:GetObject", on: object, context: map[string][]string{"aws:securetransport": {"false"}}, want: policy.Denied},
		{name: "a resource may grant by itself", identity: list(), resource: list(`{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`), action: "s3:GetObject", on: object, want: policy.Allowed},
		{name: "to another role", identity: list(), resource: list(`{"Effect":"Allow","Principal":{"AWS":"` + role + `2"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`), action: "s3:GetObject", on: object, want: policy.NotAllowed},
		{name: "inside of the boundary", identity: list(read), boundary: list(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`), action: "s3:GetObject", on: object, want: policy.Allowed},
		{name: "outside of the boundary", identity: list(read), boundary: list(`{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`), action: "s3:GetObject", on: object, want: policy.OutOfBounds},
		{name: "a key's account policy lets IAM decide", identity: list(`{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"` + key + `"}`), resource: list(root), key: true, action: "kms:DescribeKey", on: key, want: policy.Allowed},
		{name: "and alone grants nothing", identity: list(), resource: list(root), key: true, action: "kms:DescribeKey", on: key, want: policy.NotAllowed},
		{name: "without it IAM counts for nothing", identity: list(`{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*"}`), resource: list(viaS3), key: true, action: "kms:DescribeKey", on: key, want: policy.NotAllowed},
		{name: "through a service", identity: list(), resource: list(root, viaS3), key: true, action: "kms:GenerateDataKey", on: key, context: map[string][]string{"kms:viaservice": {"s3.us-east-1.amazonaws.com"}, "kms:calleraccount": {"111122223333"}}, want: policy.Allowed},
		{name: "not through that service", identity: list(), resource: list(root, viaS3), key: true, action: "kms:Decrypt", on: key, context: map[string][]string{"kms:viaservice": {"sqs.us-east-1.amazonaws.com"}, "kms:calleraccount": {"111122223333"}}, want: policy.NotAllowed},
		{name: "a missing key fails the condition", identity: list(), resource: list(root, viaS3), key: true, action: "kms:Decrypt", on: key, want: policy.NotAllowed},
	} {
		p := policy.Policies{Identity: []policy.Document{document(t, row.identity)}, ResourceDecides: row.key}
		if row.boundary != "" {
			p.Boundary = document(t, row.boundary)
		}
		if row.resource != "" {
			p.Resource = document(t, row.resource)
		}
		got, err := policy.Decide(p, policy.Request{Principal: role, Action: row.action, Resource: row.on, Context: row.context})
		if err != nil || got != row.want {
			t.Errorf("%s: %s on %s is %q, %v; want %q", row.name, row.action, row.on, got, err, row.want)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, row := range []struct {
		condition string
		value     string // "" for a missing key
		want      bool
	}{
		{`{"StringEquals":{"k":"a"}}`, "a", true}, {`{"StringEquals":{"k":"a"}}`, "A", false}, {`{"StringEquals":{"k":["a","b"]}}`, "b", true},
		{`{"StringEquals":{"k":"a"}}`, "", false}, {`{"StringEqualsIfExists":{"k":"a"}}`, "", true}, {`{"StringEqualsIfExists":{"k":"a"}}`, "b", false},
		{`{"StringNotEquals":{"k":["a","b"]}}`, "b", false}, {`{"StringNotEquals":{"k":"a"}}`, "", true},
		{`{"StringLike":{"k":"a*c?"}}`, "abbcd", true}, {`{"StringLike":{"k":"a*c?"}}`, "abbc", false}, {`{"StringNotLike":{"k":"a*"}}`, "b", true},
		{`{"ArnLike":{"k":"arn:aws:logs:*:1:*"}}`, "arn:aws:logs:x:1:log-group:a", true}, {`{"ArnLike":{"k":"arn:aws:*:a"}}`, "arn:aws:logs:x:1:a", false},
		{`{"Bool":{"k":true}}`, "true", true}, {`{"Bool":{"k":"true"}}`, "false", false},
		{`{"Null":{"k":"true"}}`, "", true}, {`{"Null":{"k":"false"}}`, "", false}, {`{"Null":{"k":"false"}}`, "x", true},
		{`{"NumericLessThan":{"k":10}}`, "9", true}, {`{"NumericLessThan":{"k":10}}`, "10", false}, {`{"NumericLessThan":{"k":10}}`, "ten", false},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, "", false}, {`{"ForAllValues:StringEquals":{"k":"a"}}`, "", true}, {`{"ForAnyValue:StringEquals":{"k":["a"]}}`, "a", true},
	} {
		d := document(t, `{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":`+row.condition+`}}`)
		r := policy.Request{Principal: role, Action: "a:b", Resource: "r", Context: map[string][]string{}}
		if row.value != "" {
			r.Context["k"] = []string{row.value}
		}
		got, err := policy.Decide(policy.Policies{Identity: []policy.Document{d}}, r)
		if err != nil || (got == policy.Allowed) != row.want {
			t.Errorf("%s with %q: %q, %v; want %t", row.condition, row.value, got, err, row.want)
		}
	}
}

// TestWhatIsNotKnownIsAnError: a guess would pass for proof.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	for _, text := range []string{
		`{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Unless":"x"}}`,
		`{"Statement":{"Effect":"Maybe","Action":"a:b","Resource":"*"}}`,
		`{"Statement":{"Action":"a:b","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"CanonicalUser":"x"},"Action":"a:b","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":{"Ref":"X"},"Resource":"*"}}`,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if _, err := policy.Read(value); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	for _, text := range []string{
		`{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Resource":"*"}}`,
	} {
		got, err := policy.Decide(policy.Policies{Identity: []policy.Document{document(t, text)}}, policy.Request{Principal: role, Action: "a:b", Resource: "r"})
		if err == nil {
			t.Errorf("%s gave %q", text, got)
		}
	}
}

// TestAPolicyOfNoRoleIsAnError: attached to a role of another stack, it would let somebody do what no proof sees.
func TestAPolicyOfNoRoleIsAnError(t *testing.T) {
	for text, refused := range map[string]bool{
		`{"Resources":{"p":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"Roles":[{"Ref":"r"}],"PolicyDocument":{"Statement":[]}}},
		  "r":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[]}}}}}`: false,
		`{"Resources":{"p":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"Roles":["another"],"PolicyDocument":{"Statement":[]}}},
		  "r":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[]}}}}}`: true,
	} {
		made := &template.Template{Stack: "s", Account: "111122223333", Region: "us-east-1"}
		if err := json.Unmarshal([]byte(text), made); err != nil {
			t.Fatal(err)
		}
		if _, err := policy.Load([]*template.Template{made}); (err != nil) != refused {
			t.Errorf("%s gave %v", text, err)
		}
	}
}

// TestMatch holds the matcher to the plain recursive definition.
func TestMatch(t *testing.T) {
	var plain func(pattern, text string) bool
	plain = func(pattern, text string) bool {
		switch {
		case pattern == "":
			return text == ""
		case pattern[0] == '*':
			return plain(pattern[1:], text) || text != "" && plain(pattern, text[1:])
		}
		return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && plain(pattern[1:], text[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		if got, want := policy.Match(pattern, text), plain(pattern, text); got != want {
			t.Fatalf("Match(%q, %q) = %t", pattern, text, got)
		}
	})
}
