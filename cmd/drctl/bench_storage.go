package main

import (
	"context"
	"fmt"
	"os"

	"github.com/acso/disaster-recovery/cmd/drctl/storage"
)

type storageFlags struct {
	Rounds int    `default:"5" placeholder:"N" help:"Rounds of small files (default: 5)."`
	Large  int    `default:"3" placeholder:"N" help:"Rounds of large files and of the far server (default: 3)."`
	Files  int    `default:"10000" placeholder:"N" help:"Small files, of 16 KiB (default: 10000)."`
	Seed   seed   `default:"1" placeholder:"N" help:"Where the bytes and the orders of the rounds come from (default: 1)."`
	Root   string `default:"." placeholder:"DIR" help:"The directory of go.mod (default: the working directory)."`
	JSON   bool   `name:"json" help:"Print every measured time as JSON."`
}

type storageBackupCommand struct{ storageFlags }

type storageVerifyCommand struct{ storageFlags }

const storageHelp = "It builds versitygw into the user's cache when it is not there, starts it on 127.0.0.1 with its data on tmpfs where there is one (about 10 GB), and runs all tools as processes, in an order shuffled anew each round. Tools that are not in PATH or that cache are said to be absent. Exit status 1 when a target is missed."

// Help is the second paragraph of --help.
func (storageBackupCommand) Help() string { return storageHelp }

// Help is the second paragraph of --help.
func (storageVerifyCommand) Help() string { return storageHelp }

// Run measures backups.
func (c *storageBackupCommand) Run(ctx context.Context, a *app) error {
	return c.measure(ctx, a, storage.Backup)
}

// Run measures verifications.
func (c *storageVerifyCommand) Run(ctx context.Context, a *app) error {
	return c.measure(ctx, a, storage.Verify)
}

func (c storageFlags) measure(ctx context.Context, a *app, run func(context.Context, storage.Options) (storage.Result, error)) error {
	if c.Rounds < 1 || c.Large < 0 || c.Files < 100 {
		return mistake{fmt.Errorf("--rounds %d --large %d --files %d: at least 1, 0 and 100 are needed", c.Rounds, c.Large, c.Files)}
	}
	if _, err := os.Stat(c.Root + "/go.mod"); err != nil {
		return mistake{fmt.Errorf("--root %s: %w; run it in this repository, or name its directory", c.Root, err)}
	}
	result, err := run(ctx, storage.Options{Root: c.Root, Rounds: c.Rounds, Large: c.Large, Files: c.Files, Seed: uint64(c.Seed), Log: a.stderr})
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(a.stdout, result)
	} else {
		result.Print(a.stdout)
	}
	if err == nil && !result.Ok() {
		return errBad
	}
	return err
}
