package bootstrap

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
)

func TestTheEnvironmentSurvivesTheWayToTheFunction(t *testing.T) {
	want, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), EnvironmentFile)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ENVIRONMENT_FILE", file)
	got, err := readEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the function has\n%+v\nthe stacks wrote\n%+v", got, want)
	}
}

func TestNoEnvironmentNoStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), EnvironmentFile)
	t.Setenv("ENVIRONMENT_FILE", file)
	if _, err := readEnvironment(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(file, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readEnvironment(); err == nil || !strings.Contains(err.Error(), "names no environment") {
		t.Errorf("with an empty file: %v", err)
	}
}

func TestTheHostHeaderIsTheServerName(t *testing.T) {
	var asked string
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		asked = hello.ServerName
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	request, err := http.NewRequest(http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "acso.example.com"
	response, err := (&endpoints{}).RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
		t.Error("a certificate that nobody vouches for was trusted")
	}
	if asked != "acso.example.com" {
		t.Errorf("the server was asked for %q", asked)
	}
}
