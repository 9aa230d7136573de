// Package ecr models the private registries of Amazon ECR, one in each region: repositories whose tags point to images, and
// the replication that copies what is pushed.
//
// It holds no layers: an image is its digest. Replication is that of a pushed image, at once; what was there before it was
// configured, or is deleted later, is not copied, as on AWS.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
package ecr

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// Service is ECR in all regions.
type Service struct {
	cloud        *cloud.Cloud
	repositories map[[2]string]*repository // by region and name
}

type repository struct {
	images []*image
	to     []string // regions that pushed images are replicated to
}

type image struct {
	digest string
	tags   []string
	pushed time.Time
}

// New models ECR.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, repositories: map[[2]string]*repository{}}
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
	cloud.Register(c, "ECR.DescribeImages", cloud.Spec[ecr.DescribeImagesInput]{
		Actions: func(call *cloud.Call, in *ecr.DescribeImagesInput) []grant.Action {
			return []grant.Action{{Name: "ecr:DescribeImages", Resource: c.ARN("ecr", call.Region, "repository/"+aws.ToString(in.RepositoryName))}}
		},
	}, s.describeImages)
	return s
}

// Create makes an empty repository whose pushed images are replicated to other regions; a repository has to be there too.
func (s *Service) Create(region, name string, replicated ...string) {
	s.repositories[[2]string{region, name}] = &repository{to: replicated}
}

// Image is the name of an image as a task definition has it, by tag or by digest.
func (s *Service) Image(region, repository, reference string) string {
	separator := ":"
	if strings.HasPrefix(reference, "sha256:") {
		separator = "@"
	}
	return fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s%s%s", s.cloud.Account, region, repository, separator, reference)
}

// Push puts an image with some content under a tag, which moves to it, and gives its digest.
func (s *Service) Push(region, name, tag, content string) (digest string) {
	digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name+" "+content)))
	for _, place := range append([]string{region}, s.must(region, name).to...) {
		s.must(place, name).put(digest, tag, s.cloud.Sim.Now())
	}
	return digest
}

func (r *repository) put(digest, tag string, now time.Time) {
	found := (*image)(nil)
	for _, i := range r.images {
		i.tags = slices.DeleteFunc(i.tags, func(t string) bool { return t == tag })
		if i.digest == digest {
			found = i
		}
	}
	if found == nil {
		found = &image{digest: digest, pushed: now}
		r.images = append(r.images, found)
	}
	found.tags = append(found.tags, tag)
}

// Remove deletes the image that a tag points to, in one region: deletions are not replicated.
func (s *Service) Remove(region, name, tag string) {
	r := s.must(region, name)
	r.images = slices.DeleteFunc(r.images, func(i *image) bool { return slices.Contains(i.tags, tag) })
}

// Drop deletes a repository with all its images, in one region.
func (s *Service) Drop(region, name string) { delete(s.repositories, [2]string{region, name}) }

// StopReplication ends the replication of a repository.
func (s *Service) StopReplication(region, name string) { s.must(region, name).to = nil }

func (s *Service) must(region, name string) *repository {
	r := s.repositories[[2]string{region, name}]
	if r == nil {
		panic(fmt.Sprintf("lab: no repository %s in %s", name, region))
	}
	return r
}

func (s *Service) describeImages(call *cloud.Call, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	name := aws.ToString(in.RepositoryName)
	r := s.repositories[[2]string{call.Region, name}]
	if r == nil {
		return nil, &types.RepositoryNotFoundException{Message: aws.String(fmt.Sprintf("The repository with name '%s' does not exist in the registry with id '%s'", name, s.cloud.Account))}
	}
	wanted := in.ImageIds
	if len(wanted) == 0 {
		for _, i := range r.images {
			wanted = append(wanted, types.ImageIdentifier{ImageDigest: aws.String(i.digest)})
		}
	}
	out := &ecr.DescribeImagesOutput{}
	for _, id := range wanted {
		i := r.find(id)
		if i == nil {
			return nil, &types.ImageNotFoundException{Message: aws.String(fmt.Sprintf("The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
				aws.ToString(id.ImageDigest), aws.ToString(id.ImageTag), name, s.cloud.Account))}
		}
		out.ImageDetails = append(out.ImageDetails, types.ImageDetail{
			RegistryId: aws.String(s.cloud.Account), RepositoryName: aws.String(name), ImageDigest: aws.String(i.digest),
			ImageTags: slices.Clone(i.tags), ImagePushedAt: aws.Time(i.pushed),
		})
	}
	return out, nil
}

func (r *repository) find(id types.ImageIdentifier) *image {
	for _, i := range r.images {
		if id.ImageDigest != nil && *id.ImageDigest == i.digest || id.ImageDigest == nil && slices.Contains(i.tags, aws.ToString(id.ImageTag)) {
			return i
		}
	}
	return nil
}
