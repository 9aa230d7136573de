package sns

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Topics are the ARNs of all topics, in all regions.
func (s *Service) Topics() []string { return slices.Sorted(maps.Keys(s.topics)) }

// Remove deletes a topic of a region.
func (s *Service) Remove(region, name string) { delete(s.topics, s.cloud.ARN("sns", region, name)) }

// Subscribe says how many people have confirmed a subscription to a topic; one has, unless a world says otherwise.
func (s *Service) Subscribe(region, name string, people int) {
	t := s.topics[s.cloud.ARN("sns", region, name)]
	if t == nil {
		panic(fmt.Sprintf("lab: no topic %s in %s", name, region))
	}
	t.people = people
}

// registerReads: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
func (s *Service) registerReads() {
	cloud.Register(s.cloud, "SNS.GetTopicAttributes", cloud.Spec[sns.GetTopicAttributesInput]{
		Actions: func(_ *cloud.Call, in *sns.GetTopicAttributesInput) []grant.Action {
			return []grant.Action{{Name: "sns:GetTopicAttributes", Resource: aws.ToString(in.TopicArn)}}
		},
	}, func(_ *cloud.Call, in *sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
		t := s.topics[aws.ToString(in.TopicArn)]
		if t == nil {
			return nil, &types.NotFoundException{Message: aws.String("Topic does not exist")}
		}
		return &sns.GetTopicAttributesOutput{Attributes: map[string]string{
			"TopicArn": aws.ToString(in.TopicArn), "SubscriptionsConfirmed": strconv.Itoa(t.people), "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
		}}, nil
	})
}
