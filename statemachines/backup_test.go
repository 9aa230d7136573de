package statemachines_test

import (
	"os"
	"testing"

	"github.com/acso/disaster-recovery/lab/asl"
)

func TestTheBackupMachinesAreValid(t *testing.T) {
	for _, name := range []string{"backup-database", "verify-backup"} {
		text, err := os.ReadFile(name + ".asl.json")
		if err != nil {
			t.Fatal(err)
		}
		machine, err := asl.Parse(name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(machine.States()) < 8 {
			t.Errorf("%s has the states %v only", name, machine.States())
		}
	}
}
