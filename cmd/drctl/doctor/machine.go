package doctor

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/acso/disaster-recovery/internal/environment"
)

// New is a doctor of this machine and of the account that its ordinary credential chain leads to.
func New(e *environment.Environment) *Doctor {
	return &Doctor{Environment: e, Assembly: "cdk.out", Config: chain, Clock: wall{}, Tool: run}
}

// attempts is how often a question is asked: a doctor should not take minutes to say that nobody answers.
const attempts = 2

func chain(ctx context.Context, region string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithRetryMaxAttempts(attempts))
}

// wall is the clock on the wall.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit)
}

// lastWords is how much of what a failing program printed is shown, in bytes.
const lastWords = 120

func run(ctx context.Context, name string, arguments ...string) (string, error) {
	output, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput() // #nosec G204 -- the list of tools
	if err != nil {
		said := strings.Join(strings.Fields(string(output)), " ")
		if len(said) > lastWords {
			said = "... " + said[len(said)-lastWords:] // how it ended says more than how it began
		}
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, said)
	}
	return string(output), nil
}
