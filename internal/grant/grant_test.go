package grant_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/internal/grant"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, arn string
		want         bool
	}{
		{"*", "anything", true},
		{"arn:aws:rds:us-west-2:1:db:acso", "arn:aws:rds:us-west-2:1:db:acso", true},
		{"arn:aws:rds:us-west-2:1:db:acso", "arn:aws:rds:us-west-2:1:db:acso-2", false},
		{"arn:aws:rds:us-west-2:1:db:acso*", "arn:aws:rds:us-west-2:1:db:acso-2", true},
		{"arn:aws:s3:::b/*/manifests/*.json", "arn:aws:s3:::b/2026/manifests/1.json", true},
		{"arn:aws:s3:::b/*/manifests/*.json", "arn:aws:s3:::b/manifests/1.json", false},
		{"ab*ba", "aba", false}, // the two ends may not share a letter
		{"ab*ba", "abba", true},
		{"", "x", false},
	} {
		if got := grant.Match(c.pattern, c.arn); got != c.want {
			t.Errorf("Match(%q, %q) is %v", c.pattern, c.arn, got)
		}
	}
}

// TestMatchAgreesWithAPlainSearch compares with the obvious slow way.
func TestMatchAgreesWithAPlainSearch(t *testing.T) {
	var slow func(pattern, text string) bool
	slow = func(pattern, text string) bool {
		head, tail, star := strings.Cut(pattern, "*")
		if !star {
			return pattern == text
		}
		if !strings.HasPrefix(text, head) {
			return false
		}
		for i := len(head); i <= len(text); i++ {
			if slow(tail, text[i:]) {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab]{0,10}`).Draw(t, "text")
		if got, want := grant.Match(pattern, text), slow(pattern, text); got != want {
			t.Fatalf("Match(%q, %q) is %v", pattern, text, got)
		}
	})
}

func TestAllowedNeedsActionAndResourceInOneGrant(t *testing.T) {
	grants := []grant.Grant{
		{Actions: []string{"rds:PromoteReadReplica"}, Resources: []string{"arn:aws:rds:*:1:db:replica"}},
		{Actions: []string{"kms:DescribeKey"}, Resources: []string{"*"}},
	}
	for action, want := range map[grant.Action]bool{
		{Name: "rds:PromoteReadReplica", Resource: "arn:aws:rds:us-west-2:1:db:replica"}: true,
		{Name: "rds:PromoteReadReplica", Resource: "arn:aws:rds:us-west-2:1:db:other"}:   false,
		{Name: "kms:Decrypt", Resource: "arn:aws:kms:us-west-2:1:key/1"}:                 false,
		{Name: "kms:DescribeKey", Resource: "arn:aws:kms:us-west-2:1:key/1"}:             true,
	} {
		if got := grant.Allowed(grants, action); got != want {
			t.Errorf("%+v: %v", action, got)
		}
	}
}
