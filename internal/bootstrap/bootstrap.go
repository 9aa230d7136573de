// Package bootstrap is how a function starts on AWS: it fills the same platform.Platform that the lab fills, with the real
// clock, the network and DNS. Package login below it adds PostgreSQL for the functions that need it.
//
// It refuses to start without an environment. The environment reaches a function as JSON beside the binary (the stacks
// write it from the validated YAML), so that no function parses or validates YAML while a region is down.
package bootstrap

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/miekg/dns"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/platform"
)

// EnvironmentFile is the name of the environment beside the binary; ENVIRONMENT_FILE names another.
const EnvironmentFile = "environment.json"

// Start serves a handler until Lambda ends the process. A function that cannot start exits with its reason.
func Start[H, In, Out any](make func(platform.Platform) H, handle func(H, context.Context, In) (Out, error)) {
	p, err := open(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bootstrap:", err)
		os.Exit(1)
	}
	h := make(p)
	lambda.Start(platform.Entry(func(ctx context.Context, in In) (Out, error) { return handle(h, ctx, in) }))
}

// open makes no call: a function asks AWS for something when it has something to do.
func open(getenv func(string) string) (platform.Platform, error) {
	e, err := readEnvironment()
	if err != nil {
		return platform.Platform{}, err
	}
	aws, err := configuration(getenv)
	if err != nil {
		return platform.Platform{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return platform.Platform{
		AWS: aws, Environment: e, Clock: clock{}, HTTP: &endpoints{}, DNS: &authority{name: dns.Fqdn(e.Domain.Name)}, SQL: noDatabase{},
		Files: mounted(), Parallel: parallel,
	}, nil
}

// parallel is how many files are sent at once: enough to hide S3's latency within the memory of a function.
const parallel = 16

// FilesMount is where the stacks mount the application data. Lambda allows no path outside /mnt:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
const FilesMount = "/mnt/data"

// mounted is the application data, or nil in a function without the mount.
func mounted() fs.FS {
	root, err := os.OpenRoot(FilesMount)
	if err != nil {
		return nil
	}
	return Folder(root)
}

func readEnvironment() (*environment.Environment, error) {
	file := os.Getenv("ENVIRONMENT_FILE")
	if file == "" {
		file = Beside(EnvironmentFile)
	}
	text, err := os.ReadFile(file) // #nosec G304 G703 -- the deployment names it
	if err != nil {
		return nil, fmt.Errorf("read the environment: %w; the stacks put it beside the binary", err)
	}
	var e environment.Environment
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("decode the environment %s: %w", file, err)
	}
	if e.Name == "" || e.Regions.Primary == "" || e.Regions.Recovery == "" {
		return nil, fmt.Errorf("the environment %s names no environment or not two regions", file)
	}
	return &e, nil
}

// Beside is the path of a file that the stacks put beside the binary.
func Beside(name string) string {
	binary, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(binary), name)
}

// noDatabase is the database of a function that logs in to none: see package login.
type noDatabase struct{}

func (noDatabase) Open(_ context.Context, endpoint platform.Endpoint) (platform.Conn, error) {
	return nil, fmt.Errorf("connect to %s: this function has no PostgreSQL client; start it with login.Start", endpoint.Host)
}

// clock is real time.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit)
}
