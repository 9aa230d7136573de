// Package coldstart measures what a function's deployment package weighs and how long its binary takes until it asks for
// its first event.
//
// It measures on this machine's processor, against a minimal runtime API on the loopback interface. It does not measure
// what AWS adds before the binary starts (fetching the package, the sandbox), and it calls no AWS service: a binary that
// did so while starting would find no network and be slow here too.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package coldstart

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// The targets of this project.
const (
	MostInit = 20 * time.Millisecond // median time to the first request for an event
	MostZip  = 5_000_000             // bytes
)

// Measurement is what was found of one function.
type Measurement struct {
	Function    string  `json:"function"`
	BinaryBytes int64   `json:"binaryBytes"` // arm64, stripped
	ZipBytes    int64   `json:"zipBytes"`    // with what lies beside the binary
	InitMillis  float64 `json:"initMillis"`  // median over the runs
	WorstMillis float64 `json:"worstMillis"`
	Runs        int     `json:"runs"`
}

// Ok tells whether both targets are met.
func (m Measurement) Ok() bool {
	return m.ZipBytes <= MostZip && m.InitMillis <= float64(MostInit.Microseconds())/1000
}

const (
	next = "/2018-06-01/runtime/invocation/next"
	// patience is how long a binary may take to ask: Lambda gives the init phase ten seconds.
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
	patience = 10 * time.Second
)

// Starts runs a binary some times, one after the other, and gives the time of each to its first request for an event.
func Starts(ctx context.Context, binary, environmentFile string, runs int) ([]time.Duration, error) {
	if runs < 1 {
		return nil, fmt.Errorf("start %s: at least 1 run is needed, not %d", binary, runs)
	}
	var all []time.Duration
	for range runs {
		took, err := start(ctx, binary, environmentFile)
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	slices.Sort(all)
	return all, nil
}

func start(ctx context.Context, binary, environmentFile string) (took time.Duration, err error) {
	asked := make(chan time.Time, 1)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("serve the runtime API: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == next {
			select {
			case asked <- time.Now():
			default:
			}
		}
		<-r.Context().Done() // no event ever comes
	})}
	go func() { _ = server.Serve(listener) }() // it ends with Close, which is no error
	defer func() { _ = server.Close() }()      // nothing is lost with it

	var said strings.Builder
	command := exec.CommandContext(ctx, binary) // #nosec G204 G702 -- built from this repository
	command.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(), "ENVIRONMENT_FILE=" + environmentFile, "AWS_REGION=us-west-2",
		"AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_SESSION_TOKEN=none", "HOME=" + os.TempDir(),
	}
	command.Stderr = &said
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", binary, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer func() {
		_ = command.Process.Kill() // it may have ended by itself
	}()
	select {
	case at := <-asked:
		return at.Sub(began), nil
	case err := <-ended:
		return 0, fmt.Errorf("%s ended before it asked for an event: %w: %s", binary, errors.Join(err, ctx.Err()), strings.TrimSpace(said.String()))
	case <-time.After(patience):
		return 0, fmt.Errorf("%s did not ask for an event within %s", binary, patience)
	}
}
