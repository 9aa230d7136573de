package storage

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// serverModule is the S3 server: it refuses wrong checksums.
const serverModule = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// sequential is the verifier of the procedures: one object after the other, each whole in memory.
//
//go:embed sequential.py
var sequential []byte

// tools are the programs; "" where one is absent.
type tools struct {
	engine, server, rclone, aws, restic, python string
	script                                      string // sequential.py
	why                                         map[string]string
}

// Cache is where programs that were built stay, and where peers are looked for beside PATH.
func Cache() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "drctl", "bin"), err
}

func findTools(ctx context.Context, o Options, folder string) (tools, error) {
	t := tools{engine: folder + "/engine", script: folder + "/sequential.py", why: map[string]string{}}
	cache, err := Cache()
	if err != nil {
		return t, err
	}
	if err := build(ctx, o.Root, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", t.engine, "./cmd/drctl/storage/engine"); err != nil {
		return t, err
	}
	if err := os.WriteFile(t.script, sequential, 0o600); err != nil {
		return t, err
	}
	find := func(name string) string {
		for _, path := range []string{filepath.Join(cache, name), name} {
			if found, err := exec.LookPath(path); err == nil {
				return found
			}
		}
		t.why[name] = fmt.Sprintf("%s is neither in PATH nor in %s", name, cache)
		return ""
	}
	if t.server = find("versitygw"); t.server == "" {
		fmt.Fprintf(o.Log, "building %s into %s\n", serverModule, cache)
		if err := build(ctx, folder, "env", "GOBIN="+cache, "go", "install", serverModule); err != nil {
			return t, err
		}
		t.server = filepath.Join(cache, "versitygw")
	}
	t.rclone, t.restic, t.aws, t.python = find("rclone"), find("restic"), find("aws"), find("python3")
	if t.python != "" && exec.CommandContext(ctx, t.python, "-c", "import boto3").Run() != nil { // #nosec G204 -- found in PATH
		t.python, t.why["python3"] = "", "python3 has no boto3"
	}
	return t, nil
}

func build(ctx context.Context, folder string, words ...string) error {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) // #nosec G204 -- the go command
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Versions are the first lines of what the tools say of themselves.
func (t tools) versions(ctx context.Context) map[string]string {
	out := map[string]string{}
	for name, words := range map[string][]string{
		"versitygw": {t.server, "--version"}, "rclone": {t.rclone, "version"}, "aws": {t.aws, "--version"}, "restic": {t.restic, "version"}, "python3": {t.python, "-c", "import sys, boto3; print(sys.version.split()[0], 'boto3', boto3.__version__)"},
	} {
		if words[0] == "" {
			out[name] = "absent: " + t.why[name]
			continue
		}
		text, _ := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput() // #nosec G204 -- as above
		out[name], _, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
		if out[name] == "" {
			out[name] = "it does not say"
		}
	}
	return out
}
