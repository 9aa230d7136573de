package coldstart

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
)

// TestMain is also the binary that is measured: what it does is in the place of the environment file.
func TestMain(m *testing.M) {
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" {
		behave(api, os.Getenv("ENVIRONMENT_FILE"))
	}
	os.Exit(m.Run())
}

func behave(api, how string) {
	switch how {
	case "slow":
		time.Sleep(50 * time.Millisecond)
	case "broken":
		_, _ = os.Stderr.WriteString("bootstrap: read the environment: no such file")
		os.Exit(1)
	}
	response, err := http.Get("http://" + api + next)
	if err == nil {
		_ = response.Body.Close()
	}
	os.Exit(0)
}

func TestStarts(t *testing.T) {
	quick, err := Starts(context.Background(), os.Args[0], "quick", 3)
	if err != nil || len(quick) != 3 {
		t.Fatalf("%v, %v", quick, err)
	}
	slow, err := Starts(context.Background(), os.Args[0], "slow", 1)
	if err != nil || slow[0] < 50*time.Millisecond {
		t.Errorf("a binary that sleeps 50 ms took %v, %v", slow, err)
	}
	if _, err := Starts(context.Background(), os.Args[0], "broken", 1); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a binary that ends at once: %v; want what it said", err)
	}
	if _, err := Starts(context.Background(), os.Args[0], "quick", 0); err == nil {
		t.Error("no runs were measured without a word")
	}
}

// TestOneFunctionMeetsTheTargets builds a small function as it is deployed. The time is held to no more than what shows a
// start that waits for something: a loaded machine is slow, and drctl bench coldstart measures.
func TestOneFunctionMeetsTheTargets(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two binaries")
	}
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	bench := &Bench{Root: root, Environment: e, Runs: 3}
	m, err := bench.Measure(context.Background(), "fence")
	if err != nil {
		t.Fatal(err)
	}
	if m.ZipBytes > MostZip || m.BinaryBytes < m.ZipBytes || m.InitMillis > 500 {
		t.Errorf("%+v", m)
	}
}
