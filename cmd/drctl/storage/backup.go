package storage

import (
	"context"
	"fmt"
	"time"
)

const (
	smallSize  = 16 << 10
	largeSize  = 256 << 20
	largeCount = 8
	// day is the day of all backups: objects of the engine lie below it.
	day = "2026/01/15"
)

// Backup measures backups.
func Backup(ctx context.Context, o Options) (Result, error) {
	b, err := begin(ctx, o)
	if err != nil {
		return Result{}, err
	}
	defer b.close()
	if err := b.small(ctx); err != nil {
		return Result{}, err
	}
	if err := b.large(ctx); err != nil {
		return Result{}, err
	}
	return b.result(ctx), nil
}

// back is a backup by the engine, each a minute after the one before.
func (b *bench) back(ctx context.Context, tree, bucket string) *command {
	b.moment = b.moment.Add(time.Minute)
	return b.command(ctx, b.tools.engine, "-endpoint", b.server.endpoint, "-bucket", bucket, "-dir", b.path(tree), "-now", b.moment.Format(time.RFC3339), "backup")
}

func (b *bench) rclone(args ...string) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) { return b.command(ctx, b.tools.rclone, args...), nil }
}

// fresh makes the bucket first.
func (b *bench) fresh(bucket string, run func(ctx context.Context) (*command, error)) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) {
		if err := b.server.bucket(ctx, bucket); err != nil {
			return nil, fmt.Errorf("make bucket %s: %w", bucket, err)
		}
		return run(ctx)
	}
}

func (b *bench) engine(tree string) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) { return b.back(ctx, tree, "engine"), nil }
}

func (b *bench) sync(tree, bucket string) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) {
		return b.command(ctx, b.tools.aws, "--endpoint-url", b.server.endpoint, "s3", "sync", "--only-show-errors", b.path(tree), "s3://"+bucket+"/"+day+"/application-data/"), nil
	}
}

// restic backs up into a repository, which it makes first.
func (b *bench) restic(tree string, fresh bool) func(context.Context) (*command, error) {
	return func(ctx context.Context) (*command, error) {
		repository := "s3:" + b.server.endpoint + "/restic/repository"
		if fresh {
			if err := b.server.bucket(ctx, "restic"); err != nil {
				return nil, err
			}
			if _, err := b.command(ctx, b.tools.restic, "-r", repository, "init").measure(); err != nil {
				return nil, err
			}
		}
		return b.command(ctx, b.tools.restic, "-r", repository, "backup", "--quiet", b.path(tree)), nil
	}
}

// small measures many small files: all, none and one in a hundred of them changed.
func (b *bench) small(ctx context.Context) error {
	if err := plant(b.path("small"), b.Seed, b.Files, smallSize); err != nil {
		return err
	}
	tree, why := b.path("small"), b.tools.why
	to := "s3:rclone/" + day
	name := fmt.Sprintf("%d x 16 KiB", b.Files)
	for round := range b.Rounds {
		for _, step := range []struct {
			name        string
			contestants []contestant
		}{
			{name + ", first backup", []contestant{
				{tool: EngineTool, run: b.fresh("engine", b.engine("small"))},
				{"rclone, 16 transfers", 0.6, why["rclone"], b.fresh("rclone", b.rclone("copy", "--transfers", "16", tree, to))},
				{"restic", 0, why["restic"], b.restic("small", true)},
			}},
			{name + ", no change", []contestant{
				{tool: EngineTool, run: b.engine("small")},
				{"rclone sync", 0.05, why["rclone"], b.rclone("sync", tree, to)},
				{"rclone sync, tuned", 0.2, why["rclone"], b.rclone("sync", "--update", "--use-server-modtime", "--fast-list", tree, to)},
				{"restic", 0, why["restic"], b.restic("small", false)},
			}},
			{name + ", 1 % changed", []contestant{
				{tool: EngineTool, run: b.engine("small")},
				{"rclone sync", 0.10, why["rclone"], b.rclone("sync", "--transfers", "16", tree, to)},
				{"restic", 0, why["restic"], b.restic("small", false)},
			}},
		} {
			if step.name == name+", 1 % changed" {
				if err := alter(tree, b.Seed, b.Files, round, smallSize); err != nil {
					return err
				}
			}
			if err := b.round(ctx, step.name, step.contestants); err != nil {
				return err
			}
		}
	}
	return nil
}

// large measures few large files.
func (b *bench) large(ctx context.Context) error {
	if err := plant(b.path("large"), b.Seed, largeCount, largeSize); err != nil {
		return err
	}
	for range b.Large {
		if err := b.round(ctx, "8 x 256 MiB, first backup", []contestant{
			{tool: EngineTool, run: b.fresh("engine", b.engine("large"))},
			{"aws s3 sync", 1.0, b.tools.why["aws"], b.fresh("aws", b.sync("large", "aws"))},
			{"rclone, defaults", 0, b.tools.why["rclone"], b.fresh("rclone", b.rclone("copy", b.path("large"), "s3:rclone/"+day))},
		}); err != nil {
			return err
		}
	}
	return nil
}
