package sources_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/acso/disaster-recovery/internal/infrastructure"
	"github.com/acso/disaster-recovery/internal/sources"
)

// deployed makes a repository with two commits, of which the first is the deployed one.
func deployed(t *testing.T) (directory, commit string) {
	t.Helper()
	directory = t.TempDir()
	repository, err := git.PlainInit(directory, false)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(directory, "stacks"), 0o750))
	must(os.WriteFile(filepath.Join(directory, "stacks", "über.go"), []byte("package stacks\n"), 0o600))
	must(os.WriteFile(filepath.Join(directory, "run"), []byte("#!/bin/sh\n"), 0o700)) // #nosec G306 -- it is run
	must(os.Symlink("stacks/über.go", filepath.Join(directory, "link")))
	who := &object.Signature{Name: "a", Email: "a@example.com", When: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	must(tree.AddGlob("."))
	hash, err := tree.Commit("deployed", &git.CommitOptions{Author: who})
	must(err)
	must(os.WriteFile(filepath.Join(directory, "later"), []byte("not deployed"), 0o600))
	must(tree.AddGlob("."))
	_, err = tree.Commit("later", &git.CommitOptions{Author: who})
	must(err)
	return directory, hash.String()
}

// served is the address of a server of the repository, which gives commits by their hash or does not.
func served(t *testing.T, directory string, byHash bool) string {
	t.Helper()
	where, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatalf("git serves the repository of this test: %v", err)
	}
	if err := os.WriteFile(filepath.Join(directory, ".git", "git-daemon-export-ok"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(where)), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + directory, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=2",
			"GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
			"GIT_CONFIG_KEY_1=uploadpack.allowAnySHA1InWant", fmt.Sprintf("GIT_CONFIG_VALUE_1=%v", byHash),
		},
	})
	t.Cleanup(server.Close)
	return server.URL + "/.git"
}

func TestTheArchiveIsTheCommits(t *testing.T) {
	directory, commit := deployed(t)
	var first []byte
	for _, byHash := range []bool{true, false} {
		var out bytes.Buffer
		if err := sources.At(served(t, directory, byHash)).Archive(context.Background(), "", commit, "acso-infrastructure-20260304", &out); err != nil {
			t.Fatalf("by hash %v: %v", byHash, err)
		}
		if first == nil {
			first = bytes.Clone(out.Bytes())
		} else if !bytes.Equal(first, out.Bytes()) {
			t.Error("the same commit gave other bytes")
		}
	}
	want := []string{
		"pax_global_header comment=" + commit, "commit 0664 " + commitObject(t, directory, commit),
		"acso-infrastructure-20260304/ 0775", "acso-infrastructure-20260304/link 0777 -> stacks/über.go",
		"acso-infrastructure-20260304/run 0775 #!/bin/sh", "acso-infrastructure-20260304/stacks/ 0775",
		"acso-infrastructure-20260304/stacks/über.go 0664 package stacks",
	}
	if files, err := infrastructure.CheckArchive(bytes.NewReader(first), commit); err != nil || files != 3 {
		t.Errorf("it is not the commit's: %d files, %v", files, err)
	}
	if got := listed(t, first); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the archive has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// commitObject is what git says that the commit is.
func commitObject(t *testing.T, directory, commit string) string {
	t.Helper()
	text, err := exec.Command("git", "-C", directory, "cat-file", "commit", commit).Output() // #nosec G204 -- a hash
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func listed(t *testing.T, archive []byte) (entries []string) {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for reader := tar.NewReader(zipped); ; {
		h, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			entries = append(entries, h.Name+" comment="+h.PAXRecords["comment"])
			continue
		}
		if !h.ModTime.Equal(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)) {
			t.Errorf("%s is of %s, not of the commit's time", h.Name, h.ModTime)
		}
		body, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		entry := fmt.Sprintf("%s %04o", h.Name, h.Mode)
		if h.Linkname != "" {
			entry += " -> " + h.Linkname
		}
		entries = append(entries, strings.TrimSpace(entry+" "+string(body)))
	}
}

func TestWhatIsNotThereIsSaidSo(t *testing.T) {
	directory, _ := deployed(t)
	for name, commit := range map[string]string{"unknown": strings.Repeat("0123456789", 4), "a branch": "master", "modified": strings.Repeat("a", 40) + "-modified"} {
		for _, byHash := range []bool{true, false} {
			err := sources.At(served(t, directory, byHash)).Archive(context.Background(), "", commit, "x", io.Discard)
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, by hash %v: %v", name, byHash, err)
			}
		}
	}
	if err := sources.At("http://127.0.0.1:1/.git").Archive(context.Background(), "", strings.Repeat("a", 40), "x", io.Discard); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a server that does not answer: %v", err)
	}
}

// TestARepositoryThatAsksWho is given the token; without it, or with another one, it is told apart from one that does not answer.
func TestARepositoryThatAsksWho(t *testing.T) {
	directory, commit := deployed(t)
	where, err := url.Parse(strings.TrimSuffix(served(t, directory, true), "/.git"))
	if err != nil {
		t.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(where)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); (user == "backup" || user == "x-access-token") && password == "good" {
			behind.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	for token, allowed := range map[string]bool{"good": true, "backup:good": true, "": false, "bad": false, "somebody:good": false} {
		err := sources.At(server.URL+"/.git").Archive(context.Background(), token, commit, "x", io.Discard)
		if allowed && err != nil || !allowed && !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%q: %v", token, err)
		}
	}
}
