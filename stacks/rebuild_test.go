package stacks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/acso/disaster-recovery/environments"
)

// TestTheBuildComparesTheArchiveWithItsCommit runs what the build does before it deploys, with git and tar as they are, on
// archives that git made: the commit's own passes, also with a file that git's attributes would change; anything else does not.
func TestTheBuildComparesTheArchiveWithItsCommit(t *testing.T) {
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Phases struct {
			PreBuild struct {
				Commands []string `yaml:"commands"`
			} `yaml:"pre_build"`
		} `yaml:"phases"`
	}
	r := restore{place: &place{env: e, region: e.Regions.Primary}}
	if err := yaml.Unmarshal([]byte(r.buildspec("arn:aws:s3:::backups")), &spec); err != nil {
		t.Fatal(err)
	}
	commands := strings.Join(spec.Phases.PreBuild.Commands, "\n")
	if len(spec.Phases.PreBuild.Commands) < 6 {
		t.Fatalf("the build checks too little:\n%s", commands)
	}
	for _, c := range []struct {
		name, change, words string
	}{
		{"the commit's", "", ""},
		{"a file more", "echo x > tree/more", "its files are others"},
		{"a file changed", "echo '// x' >> tree/app.go", "its files are others"},
		{"a file gone", "rm tree/stacks/a.go", "its files are others"},
		{"a file that can be run", "chmod +x tree/app.go", "its files are others"},
		{"another commit", "echo >> commit", "its commit is another"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			commit := bash(t, dir, false, `set -e
git init -q repo; cd repo
mkdir stacks; printf 'package main\n' > app.go; printf 'package stacks\r\n' > stacks/a.go; printf '#!/bin/sh\n' > run; chmod +x run; ln -s app.go link
printf '* text=auto eol=lf\n' > .gitattributes; printf '*.go\n' > .gitignore
echo "* -text" > .git/info/attributes
git add -A -f .; git -c user.name=a -c user.email=a@example.com commit -qm deployed
git cat-file commit HEAD > ../commit
mkdir ../tree; cp -a app.go stacks run link .gitattributes .gitignore ../tree/
git rev-parse HEAD`)
			bash(t, dir, false, c.change+"\ntar czf archive.tar.gz --transform 's,^tree,acso-infrastructure-20260304,;' commit tree")
			archive, err := os.ReadFile(filepath.Join(dir, "archive.tar.gz"))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(archive)
			// aws s3api get-object ... FILE: the object is there already.
			build := filepath.Join(dir, "build")
			if err := os.MkdirAll(build, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(build, "archive.tar.gz"), archive, 0o600); err != nil {
				t.Fatal(err)
			}
			script := "set -e\naws() { true; }\nexport ACSO_INCIDENT=1 ACSO_ARCHIVE=a ACSO_ARCHIVE_VERSION=1 ACSO_COMMIT=" + commit + " ACSO_ARCHIVE_SHA256=" + hex.EncodeToString(sum[:]) + "\n" + commands + "\necho passed"
			out := bash(t, build, true, script)
			if passed := strings.HasSuffix(out, "passed"); passed != (c.words == "") || !strings.Contains(out, c.words) {
				t.Errorf("it says %q, wanted %q", out, c.words)
			}
		})
	}
}

// bash runs a script and gives what it wrote; one that may fail gives that too.
func bash(t *testing.T, dir string, mayFail bool, script string) string {
	t.Helper()
	var out bytes.Buffer
	run := exec.Command("bash", "-c", script) // #nosec G204 -- the test's own
	run.Dir, run.Stdout, run.Stderr = dir, &out, &out
	run.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if err := run.Run(); err != nil && !mayFail {
		t.Fatalf("%v: %s", err, out.String())
	}
	return strings.TrimSpace(out.String())
}
