package readiness

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func imageRules() []rule {
	return []rule{
		{
			name: "images-here", look: (*run).imagesHere,
			why:    "Tasks that are started in an outage pull their image from this region's registry; the other one may be gone.",
			next:   "push or replicate the image into this region's registry (ECR replicates what is pushed after the rule was made), and name that registry in the task definition",
			forced: "tasks of these services do not start, beyond those that run already",
		},
		{
			name: "images-in-step", at: active, after: []string{"images-here"}, look: (*run).imagesInStep,
			why:    "A tag may point to different images in the two registries.",
			next:   "push the image that the active region runs under the same tag here",
			forced: "clients get another version of the service than before the failover",
		},
	}
}

// image is where a container's image comes from.
type image struct {
	container, region, repository string
	id                            types.ImageIdentifier
}

// parse reads account.dkr.ecr.region.amazonaws.com/repository:tag or @digest; false for another registry.
func parse(container, name string) (image, bool) {
	host, path, _ := strings.Cut(name, "/")
	_, rest, private := strings.Cut(host, ".dkr.ecr.")
	region, _, _ := strings.Cut(rest, ".")
	i := image{container: container, region: region}
	if repository, digest, ok := strings.Cut(path, "@"); ok {
		i.repository, _, _ = strings.Cut(repository, ":")
		i.id.ImageDigest = aws.String(digest)
		return i, private
	}
	repository, tag, ok := strings.Cut(path, ":")
	if !ok {
		tag = "latest"
	}
	i.repository, i.id.ImageTag = repository, aws.String(tag)
	return i, private
}

func imagesOf(d *ecstypes.TaskDefinition) (images []image, foreign []string) {
	for _, c := range d.ContainerDefinitions {
		i, private := parse(aws.ToString(c.Name), aws.ToString(c.Image))
		if !private {
			foreign = append(foreign, aws.ToString(c.Image))
			continue
		}
		images = append(images, i)
	}
	return images, foreign
}

func digest(ctx context.Context, client *ecr.Client, i image) (string, error) {
	out, err := client.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: aws.String(i.repository), ImageIds: []types.ImageIdentifier{i.id}})
	if err != nil {
		return "", failure.FromAWS(err, "look for the image %s %s%s in %s", i.repository, aws.ToString(i.id.ImageTag), aws.ToString(i.id.ImageDigest), i.region)
	}
	if len(out.ImageDetails) != 1 {
		return "", failure.New(failure.NotFound, "look for the image of "+i.container, "ECR lists %d", len(out.ImageDetails))
	}
	return aws.ToString(out.ImageDetails[0].ImageDigest), nil
}

func (r *run) imagesHere(ctx context.Context) judging.Finding {
	mine, err := r.mine(ctx)
	if err != nil {
		return judging.Of(err)
	}
	r.digests = map[string]string{}
	var wrong []string
	count := 0
	for _, s := range r.e.Services {
		if mine[s.Name] == nil {
			continue // the services say so
		}
		images, foreign := imagesOf(mine[s.Name])
		for _, name := range foreign {
			wrong = append(wrong, fmt.Sprintf("%s pulls %s, which is not in this account's registry", s.Name, name))
		}
		for _, i := range images {
			count++
			if i.region != r.here {
				wrong = append(wrong, fmt.Sprintf("%s pulls its image from the registry in %s", s.Name, i.region))
				continue
			}
			found, err := digest(ctx, r.near.ecr, i)
			switch {
			case failure.Is(err, failure.NotFound):
				wrong = append(wrong, fmt.Sprintf("%s has no image: %s", s.Name, err))
			case err != nil:
				return judging.Of(err)
			}
			r.digests[s.Name+"/"+i.container] = found
			r.fact("image "+s.Name+"/"+i.container, "%s", found)
		}
	}
	return judging.All(wrong, "all %d are in the registry of %s", count, r.here)
}

func (r *run) imagesInStep(ctx context.Context) judging.Finding {
	yours, err := r.yours(ctx)
	if err != nil {
		return judging.Of(err)
	}
	var wrong []string
	for _, s := range r.e.Services {
		if yours[s.Name] == nil {
			continue // the task definitions say so
		}
		images, _ := imagesOf(yours[s.Name])
		for _, i := range images {
			var theirs string
			if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
				theirs, err = digest(ctx, r.far.ecr, i)
				return err
			}); err != nil {
				return judging.Unclear("%s", err)
			}
			if own := r.digests[s.Name+"/"+i.container]; own != theirs {
				wrong = append(wrong, fmt.Sprintf("%s runs %s in %s and would run %s here", s.Name, theirs, r.other, own))
			}
		}
	}
	return judging.All(wrong, "every image has the digest that %s runs", r.other)
}
