// Package sns models Amazon SNS topics: publishing, and what a scenario reads of it afterwards.
//
// It delivers to nobody: subscriptions, filters, FIFO topics and deliveries to people are outside of what a drill can
// judge. A message counts as published when SNS has accepted it.
package sns

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Message is one message that a topic accepted.
type Message struct {
	At         time.Time
	ID         string
	Subject    string
	Body       string
	Attributes map[string]string
	Publisher  string // who published: a function, a machine, or an alarm
}

// Service is SNS in all regions.
type Service struct {
	cloud  *cloud.Cloud
	topics map[string]*topic // by ARN
	sent   int
}

type topic struct {
	messages []Message
	failing  bool
	people   int // who confirmed a subscription
}

// New models SNS.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, topics: map[string]*topic{}}
	cloud.Register(c, "SNS.Publish", cloud.Spec[sns.PublishInput]{
		Mutating: true,
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
		Actions: func(_ *cloud.Call, in *sns.PublishInput) []grant.Action {
			return []grant.Action{{Name: "sns:Publish", Resource: aws.ToString(in.TopicArn)}}
		},
	}, s.publish)
	s.registerReads()
	return s
}

// Create makes a topic in a region and gives its ARN.
func (s *Service) Create(region, name string) string {
	arn := s.cloud.ARN("sns", region, name)
	s.topics[arn] = &topic{people: 1}
	return arn
}

// Fail makes a topic refuse every message with a server error, or accept them again.
func (s *Service) Fail(region, name string, failing bool) {
	t := s.topics[s.cloud.ARN("sns", region, name)]
	if t == nil {
		panic(fmt.Sprintf("lab: no topic %s in %s", name, region))
	}
	t.failing = failing
}

// Messages are the messages that a topic accepted, oldest first; nil when there is no such topic.
func (s *Service) Messages(region, name string) []Message {
	if t := s.topics[s.cloud.ARN("sns", region, name)]; t != nil {
		return slices.Clone(t.messages)
	}
	return nil
}

// Send publishes for an AWS service (an alarm's action). It reports whether the topic accepted the message.
func (s *Service) Send(publisher, arn, subject, body string) bool {
	_, err := s.accept(publisher, arn, Message{Subject: subject, Body: body})
	return err == nil
}

// maxMessage is the largest message in bytes, attributes included.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const maxMessage = 256 * 1024

func (s *Service) publish(call *cloud.Call, in *sns.PublishInput) (*sns.PublishOutput, error) {
	if in.TopicArn == nil {
		return nil, refused("Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
	}
	m := Message{Subject: aws.ToString(in.Subject), Body: aws.ToString(in.Message), Attributes: map[string]string{}}
	for name, v := range in.MessageAttributes {
		m.Attributes[name] = aws.ToString(v.StringValue)
	}
	if region := strings.Split(*in.TopicArn, ":"); len(region) != 6 || region[3] != call.Region {
		// A topic is only found at its own region's endpoint.
		return nil, refused("Invalid parameter: TopicArn")
	}
	id, err := s.accept(call.Caller.Name, *in.TopicArn, m)
	if err != nil {
		return nil, err
	}
	return &sns.PublishOutput{MessageId: aws.String(id)}, nil
}

func (s *Service) accept(publisher, arn string, m Message) (id string, err error) {
	t := s.topics[arn]
	switch {
	case t == nil:
		return "", &types.NotFoundException{Message: aws.String("Topic does not exist")}
	case t.failing:
		return "", cloud.ServerError()
	case m.Body == "":
		return "", refused("Invalid parameter: Empty message")
	case len(m.Body)+attributeBytes(m.Attributes) > maxMessage:
		return "", refused("Invalid parameter: Message too long")
	case badSubject(m.Subject):
		return "", refused("Invalid parameter: Subject")
	}
	s.sent++
	m.At, m.ID, m.Publisher = s.cloud.Sim.Now(), fmt.Sprintf("00000000-0000-4000-8000-%012d", s.sent), publisher
	t.messages = append(t.messages, m)
	return m.ID, nil
}

func attributeBytes(attributes map[string]string) int {
	size := 0
	for name, v := range attributes {
		size += len(name) + len(v)
	}
	return size
}

// badSubject: up to 100 characters without line breaks or control characters, not beginning with white space.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func badSubject(subject string) bool {
	if utf8.RuneCountInString(subject) > 100 || strings.HasPrefix(subject, " ") {
		return true
	}
	return strings.IndexFunc(subject, func(r rune) bool { return r < 0x20 || r == 0x7f }) >= 0
}

func refused(message string) error {
	return &types.InvalidParameterException{Message: aws.String(message)}
}
