package rds

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerAccount() {
	cloud.Register(s.cloud, "RDS.AddTagsToResource", cloud.Spec[awsrds.AddTagsToResourceInput]{
		Mutating: true,
		Actions: func(_ *cloud.Call, in *awsrds.AddTagsToResourceInput) []grant.Action {
			return on(aws.ToString(in.ResourceName), "rds:AddTagsToResource")
		},
	}, func(call *cloud.Call, in *awsrds.AddTagsToResourceInput) (*awsrds.AddTagsToResourceOutput, error) {
		tags, err := s.tagsOf(call.Region, aws.ToString(in.ResourceName))
		if err != nil {
			return nil, err
		}
		for _, tag := range copyTags(in.Tags) {
			*tags = slices.DeleteFunc(slices.Clone(*tags), func(old types.Tag) bool { return *old.Key == *tag.Key })
			*tags = append(*tags, tag)
		}
		return &awsrds.AddTagsToResourceOutput{}, nil
	})
	cloud.Register(s.cloud, "RDS.ListTagsForResource", cloud.Spec[awsrds.ListTagsForResourceInput]{
		Actions: func(_ *cloud.Call, in *awsrds.ListTagsForResourceInput) []grant.Action {
			return on(aws.ToString(in.ResourceName), "rds:ListTagsForResource")
		},
	}, func(call *cloud.Call, in *awsrds.ListTagsForResourceInput) (*awsrds.ListTagsForResourceOutput, error) {
		tags, err := s.tagsOf(call.Region, aws.ToString(in.ResourceName))
		if err != nil {
			return nil, err
		}
		return &awsrds.ListTagsForResourceOutput{TagList: copyTags(*tags)}, nil
	})
	cloud.Register(s.cloud, "RDS.DescribeAccountAttributes", cloud.Spec[awsrds.DescribeAccountAttributesInput]{
		Actions: func(*cloud.Call, *awsrds.DescribeAccountAttributesInput) []grant.Action {
			return on("*", "rds:DescribeAccountAttributes")
		},
	}, s.accountAttributes)
}

func (s *Service) tagsOf(region, arn string) (*[]types.Tag, error) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) == 7 && parts[3] == region {
		switch parts[5] {
		case "db":
			if i := s.Instance(region, parts[6]); i != nil {
				return &i.tags, nil
			}
			return nil, noInstance(arn)
		case "snapshot":
			if p := s.Snapshot(region, parts[6]); p != nil {
				return &p.tags, nil
			}
			return nil, noSnapshot(arn)
		}
	}
	return nil, invalid("Invalid resource name: %s in %s", arn, region)
}

func (s *Service) accountAttributes(call *cloud.Call, _ *awsrds.DescribeAccountAttributesInput) (*awsrds.DescribeAccountAttributesOutput, error) {
	r := s.regions[call.Region]
	manual := 0
	for _, p := range r.snapshots {
		if !p.automated {
			manual++
		}
	}
	quota := func(name string, used, limit int) types.AccountQuota {
		return types.AccountQuota{AccountQuotaName: aws.String(name), Used: aws.Int64(int64(used)), Max: aws.Int64(int64(limit))}
	}
	// Names and defaults: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AccountQuota.html and UserGuide/CHAP_Limits.html.
	return &awsrds.DescribeAccountAttributesOutput{AccountQuotas: []types.AccountQuota{
		quota("DBInstances", len(r.instances), 40),
		quota("ManualSnapshots", manual, r.quota),
	}}, nil
}
