package bootstrap

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

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

func TestTheConfigurationIsWhatLambdaSets(t *testing.T) {
	variables := map[string]string{"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
	getenv := func(name string) string { return variables[name] }
	lean, err := configuration(getenv)
	if err != nil {
		t.Fatal(err)
	}
	found, err := lean.Credentials.Retrieve(context.Background())
	if err != nil || found.AccessKeyID != "key" || found.SecretAccessKey != "secret" || found.SessionToken != "token" {
		t.Errorf("the credentials are %+v, %v", found, err)
	}
	// The SDK's own loader is the reference for what a service client reads of a configuration.
	for name, value := range variables {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	full, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if lean.Region != full.Region || lean.RequestChecksumCalculation != full.RequestChecksumCalculation ||
		lean.ResponseChecksumValidation != full.ResponseChecksumValidation || lean.RequestMinCompressSizeBytes != full.RequestMinCompressSizeBytes ||
		lean.RetryMode != full.RetryMode || lean.RetryMaxAttempts != full.RetryMaxAttempts || lean.DefaultsMode != full.DefaultsMode ||
		lean.AccountIDEndpointMode != full.AccountIDEndpointMode || lean.DisableRequestCompression != full.DisableRequestCompression {
		t.Errorf("the configuration is\n%+v\nand the SDK's loader makes\n%+v", lean, full)
	}
	for name := range variables {
		if name == "AWS_SESSION_TOKEN" {
			continue
		}
		without := func(asked string) string {
			if asked == name {
				return ""
			}
			return variables[asked]
		}
		if _, err := configuration(without); err == nil {
			t.Errorf("it starts without %s", name)
		}
	}
}
