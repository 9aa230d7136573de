package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/acso/disaster-recovery/internal/grant"
)

// accepted is a finding of cdk-nag that stays as it is, and why. docs/nag-suppressions.md lists all of them.
type accepted struct {
	rules  []string
	reason string
}

// both is a rule that the packs HIPAA.Security and NIST.800-53.R5 share.
func both(rule, reason string) accepted {
	return accepted{[]string{"HIPAA.Security-" + rule, "NIST.800.53.R5-" + rule}, reason}
}

// solutions is a rule of the pack AwsSolutions.
func solutions(rule, reason string) accepted {
	return accepted{[]string{"AwsSolutions-" + rule}, reason}
}

// accept records that findings about a construct, and what is below it, are accepted.
func accept(construct constructs.IConstruct, findings ...accepted) {
	var all []*cdknag.NagPackSuppression
	for _, f := range findings {
		for _, rule := range f.rules {
			all = append(all, &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(f.reason)})
		}
	}
	cdknag.NagSuppressions_AddResourceSuppressions(construct, &all, jsii.Bool(true))
}

// wildcards say why a pattern in a grant is as narrow as it can be, by a part of the pattern. A pattern that none of them
// explains stays a finding.
var wildcards = []struct{ part, reason string }{
	{":snapshot:", "Names of snapshots carry the time at which they were taken; the pattern is this environment's database."},
	{":cluster-snapshot:", "Names of snapshots carry the time at which they were taken; the pattern is this environment's database."},
	{":dbuser:*/", "The resource carries the instance's DbiResourceId, which changes when it is rebuilt; the database user is named."},
	{":file-system/*", "AWS chooses the identifier of a file system; the function finds it by its Name tag."},
	{":network-acl/*", "AWS chooses the identifier of a network ACL; the function finds it by its Name tag."},
	{":scalable-target/*", "AWS chooses the identifier of a scalable target, and the action supports no other resource."},
	{":kms:", "The environment names the key by its alias; AWS chooses the identifier in the ARN that is checked."},
	{":log-group:", "The log groups of this environment and their streams, which Lambda and ECS name."},
	{":execution:", "Step Functions names executions and the children of distributed maps; the machine is named."},
	{":stateMachine:", "All state machines of this environment, by its prefix."},
	{":parameter", "The tree of parameters below this environment's path."},
	{":repository/", "The repositories of this environment, by its prefix."},
	{":service/", "The services of this environment, by its prefix."},
	{"-restoretest-", "Everything that a restore test makes has such a name, which derives from its execution, and nothing else has."},
	{"-restored-*", "Names of restored databases carry the execution that restored them; nothing else has such a name."},
	{"-before-*", "A restore keeps the database that it replaces under a name that carries the execution."},
	{":subgrp:*", "A restored database takes the subnet group of the one that it is restored from; CloudFormation names it."},
	{":pg:*", "A restored database takes the parameter group of the one that it is restored from; CloudFormation names it."},
	{":auto-backup:*", "RDS chooses the identifier of replicated automated backups; they are looked at only."},
	{":db:", "Databases that were renamed, restored or rebuilt are looked at too; nothing is changed."},
	{":stack/", "CloudFormation appends an identifier to a stack's name."},
	{":role/aws-service-role/replication.elasticfilesystem", "EFS names its service-linked role; it exists since the first replication, and the right is checked all the same."},
	{":schedule/default/", "The schedules of this environment, by its prefix: which of them run follows the role of the region."},
	{":role/cdk-hnb659fds", "CDK deploys by the roles that its bootstrapping made for this account and region."},
	{":role/", "CloudFormation names the roles; the path is of those that one stack of this environment makes for one service in this region, and none of a person."},
	{":alarm:*", "CloudWatch checks the description of alarms on all of them; the function asks for this environment's by name."},
	{":rule/", "The rules of this environment, by its prefix."},
	{":healthcheck/*", "AWS chooses the identifier of a health check."},
	{":dashboard/", "The dashboards of this environment, by its prefix."},
	{":s3:::", "The objects of one named bucket."},
}

// acceptWildcards accepts each pattern in the grants that has an explanation.
func acceptWildcards(construct constructs.IConstruct, grants []grant.Grant) {
	var all []*cdknag.NagPackSuppression
	done := map[string]bool{}
	for _, g := range grants {
		for _, resource := range g.Resources {
			reason := explain(resource, grants)
			if !strings.Contains(resource, "*") || done[resource] || reason == "" {
				continue
			}
			done[resource] = true
			all = append(all, &cdknag.NagPackSuppression{Id: jsii.String("AwsSolutions-IAM5"), Reason: jsii.String(reason), AppliesTo: &[]any{"Resource::" + resource}})
		}
	}
	if len(all) > 0 {
		cdknag.NagSuppressions_AddResourceSuppressions(construct, &all, jsii.Bool(true))
	}
}

func explain(resource string, grants []grant.Grant) string {
	if resource == "*" {
		return fmt.Sprintf("IAM checks these actions on no narrower resource, or before AWS has chosen its identifier: %s.", strings.Join(unbound(grants), ", "))
	}
	for _, w := range wildcards {
		if strings.Contains(resource, w.part) {
			return w.reason
		}
	}
	return ""
}

// unbound are the actions that are granted on every resource.
func unbound(grants []grant.Grant) []string {
	var actions []string
	for _, g := range grants {
		if slices.Contains(g.Resources, "*") {
			actions = append(actions, g.Actions...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
