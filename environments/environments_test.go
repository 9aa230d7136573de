package environments_test

import (
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/environment"
)

func TestEveryFileLoadsUnderItsName(t *testing.T) {
	names := environments.Names()
	if strings.Join(names, " ") != "production test" {
		t.Fatalf("Names() = %v", names)
	}
	for _, name := range names {
		e, err := environments.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != name {
			t.Errorf("environments/%s.yaml describes %q", name, e.Name)
		}
	}
}

func TestNoNameOfTestTouchesProduction(t *testing.T) {
	production, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	test, err := environments.Named("test")
	if err != nil {
		t.Fatal(err)
	}
	if clashes := environment.Clashes(production, test); len(clashes) > 0 {
		t.Errorf("both environments use %s", strings.Join(clashes, ", "))
	}
	if clashes := environment.Clashes(production, production); len(clashes) < 15 {
		t.Errorf("production clashes with itself in %v only", clashes)
	}
}

func TestAnUnknownNameSaysWhichExist(t *testing.T) {
	_, err := environments.Named("prodution")
	if err == nil || !strings.Contains(err.Error(), "choose production or test") {
		t.Errorf("got %v", err)
	}
}
