package backupinfra

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/infrastructure"
)

// atOnce is how many services one call describes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
const atOnce = 10

// readServices reads the definition that each service runs now. A service that does not exist is named, not passed over.
func (h *Handler) readServices(ctx context.Context, name string, r *region) error {
	client := ecs.NewFromConfig(h.p.In(name))
	var names []string
	for _, s := range h.p.Environment.Services {
		names = append(names, h.p.Environment.Service(name, s.Name))
	}
	for len(names) > 0 {
		n := min(atOnce, len(names))
		out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(h.p.Environment.Cluster(name)), Services: names[:n]})
		if err != nil {
			return failure.FromAWS(err, "describe the services of %s", name)
		}
		for _, f := range out.Failures {
			r.unread = append(r.unread, fmt.Sprintf("service %s: %s", aws.ToString(f.Arn), aws.ToString(f.Reason)))
		}
		for _, s := range out.Services {
			found, err := h.service(ctx, client, name, aws.ToString(s.ServiceName), aws.ToString(s.TaskDefinition), r)
			if err != nil {
				return err
			}
			r.services = append(r.services, found)
		}
		names = names[n:]
	}
	return nil
}

func (h *Handler) service(ctx context.Context, client *ecs.Client, name, service, definition string, r *region) (infrastructure.Service, error) {
	found := infrastructure.Service{Service: service, Region: name, TaskDefinition: definition[strings.LastIndex(definition, "/")+1:], Images: []infrastructure.Image{}}
	out, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(definition)})
	if err != nil {
		return found, failure.FromAWS(err, "describe task definition %s in %s", definition, name)
	}
	if found.Definition, err = json.Marshal(out.TaskDefinition); err != nil {
		return found, err
	}
	for _, c := range out.TaskDefinition.ContainerDefinitions {
		image, why, err := h.image(ctx, aws.ToString(c.Image))
		if err != nil {
			return found, err
		}
		if why != "" {
			r.unread = append(r.unread, fmt.Sprintf("image %s of %s: %s", aws.ToString(c.Image), service, why))
		}
		found.Images = append(found.Images, infrastructure.Image{Container: aws.ToString(c.Name), Image: image})
	}
	return found, nil
}

// private is an image in a registry of ECR, by its tag or without one.
var private = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+))?$`)

// image is the image by its digest, or as it is named and why its digest is not known. An ECR that does not answer is an error.
func (h *Handler) image(ctx context.Context, named string) (image, why string, err error) {
	if strings.Contains(named, "@sha256:") {
		return named, "", nil
	}
	parts := private.FindStringSubmatch(named)
	if parts == nil {
		return named, "it is in no registry whose digests can be asked for; name it by its digest", nil
	}
	region, repository, tag := parts[2], parts[3], parts[4]
	if tag == "" {
		tag = "latest"
	}
	out, err := ecr.NewFromConfig(h.p.In(region)).DescribeImages(ctx, &ecr.DescribeImagesInput{
		RegistryId: aws.String(parts[1]), RepositoryName: aws.String(repository), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String(tag)}},
	})
	err = failure.FromAWS(err, "find the digest of image %s in %s", named, region)
	switch {
	case failure.Is(err, failure.Unavailable):
		return named, "", err
	case err != nil:
		return named, err.Error(), nil //nolint:nilerr // the caller says of this image that its digest is not known, and why
	case len(out.ImageDetails) != 1 || aws.ToString(out.ImageDetails[0].ImageDigest) == "":
		return named, fmt.Sprintf("ECR lists %d images of that tag", len(out.ImageDetails)), nil
	}
	return fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s@%s", parts[1], region, repository, aws.ToString(out.ImageDetails[0].ImageDigest)), "", nil
}
