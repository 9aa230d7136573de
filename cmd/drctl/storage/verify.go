package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// delay is what the proxy adds to each round trip.
const delay = 30 * time.Millisecond

// Verify measures verifications of content.
func Verify(ctx context.Context, o Options) (Result, error) {
	b, err := begin(ctx, o)
	if err != nil {
		return Result{}, err
	}
	defer b.close()
	if err := b.verifySmall(ctx); err != nil {
		return Result{}, err
	}
	if err := b.verifyFar(ctx); err != nil {
		return Result{}, err
	}
	rate, err := b.verifyLarge(ctx)
	if err != nil {
		return Result{}, err
	}
	result := b.result(ctx)
	result.HashRate = rate
	return result, nil
}

// stored backs a tree up into a new bucket and gives the key of the manifest.
func (b *bench) stored(ctx context.Context, tree, bucket string) (string, error) {
	if err := b.server.bucket(ctx, bucket); err != nil {
		return "", err
	}
	cmd := b.back(ctx, tree, bucket)
	if _, err := cmd.measure(); err != nil {
		return "", err
	}
	key, _, _ := strings.Cut(cmd.output.String(), "\t")
	return key, nil
}

func (b *bench) check(endpoint, bucket, key string) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) {
		return b.command(ctx, b.tools.engine, "-endpoint", endpoint, "-bucket", bucket, "-manifest", key, "verify"), nil
	}
}

func (b *bench) sequential(endpoint, bucket string) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) {
		return b.command(ctx, b.tools.python, b.tools.script, endpoint, bucket, day), nil
	}
}

func (b *bench) verifySmall(ctx context.Context) error {
	if err := plant(b.path("small"), b.Seed, b.Files, smallSize); err != nil {
		return err
	}
	key, err := b.stored(ctx, "small", "engine")
	if err != nil {
		return err
	}
	for range b.Rounds {
		if err := b.round(ctx, fmt.Sprintf("%d x 16 KiB, verify content", b.Files), []contestant{
			{tool: EngineTool, run: b.check(b.server.endpoint, "engine", key)},
			{"sequential script", 0.15, b.tools.why["python3"], b.sequential(b.server.endpoint, "engine")},
			{"rclone check --download", 0.7, b.tools.why["rclone"], b.rclone("check", "--download", "--one-way", b.path("small"), "s3:engine/"+day+"/application-data")},
		}); err != nil {
			return err
		}
	}
	return nil
}

// verifyFar reads through a proxy that is far away.
func (b *bench) verifyFar(ctx context.Context) error {
	const files = 1000
	if err := plant(b.path("far"), b.Seed, files, smallSize); err != nil {
		return err
	}
	key, err := b.stored(ctx, "far", "far")
	if err != nil {
		return err
	}
	proxy, err := startProxy(b.server.address, delay)
	if err != nil {
		return err
	}
	defer proxy.stop()
	for range b.Large {
		if err := b.round(ctx, "1000 x 16 KiB at 30 ms, verify content", []contestant{
			{tool: EngineTool, run: b.check(proxy.endpoint(), "far", key)},
			{"sequential script", 0.03, b.tools.why["python3"], b.sequential(proxy.endpoint(), "far")},
		}); err != nil {
			return err
		}
	}
	return nil
}

// verifyLarge also measures how fast one core hashes a file, in bytes a second: the bound of any verification.
func (b *bench) verifyLarge(ctx context.Context) (rate float64, err error) {
	if err := plant(b.path("large"), b.Seed, largeCount, largeSize); err != nil {
		return 0, err
	}
	key, err := b.stored(ctx, "large", "large")
	if err != nil {
		return 0, err
	}
	var rates []float64
	for range b.Large {
		r, err := hashRate(leaf(b.path("large"), 0))
		if err != nil {
			return 0, err
		}
		rates = append(rates, r)
		if err := b.round(ctx, "8 x 256 MiB, verify content", []contestant{
			{tool: EngineTool, run: b.check(b.server.endpoint, "large", key)},
			{"sequential script", 0.33, b.tools.why["python3"], b.sequential(b.server.endpoint, "large")},
		}); err != nil {
			return 0, err
		}
	}
	return median(rates), nil
}

func hashRate(path string) (float64, error) {
	f, err := os.Open(path) // #nosec G304 -- in this run's folder
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	begun := time.Now()
	n, err := io.CopyBuffer(sha256.New(), struct{ io.Reader }{f}, make([]byte, 256<<10))
	return float64(n) / time.Since(begun).Seconds(), err
}
