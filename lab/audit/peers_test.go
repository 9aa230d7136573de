package audit_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/drill"
)

const root = "../.."

// peers are the mistakes of similar projects, each with the tests that hold this one to better.
var peers = []struct {
	mistake string
	tests   []string // folder and name
}{
	{"no data point for the lag counts as lag 0", []string{"functions/checklag TestJudgeNeverSaysZeroForNothing", "lab/drill TestScenariosEndAsTheyDid"}},
	{"a health result that is not literally healthy fails over", []string{"internal/health TestJudge", "functions/checkhealth TestJudge"}},
	{"a failure is returned with status 500, and the machine succeeds", []string{"internal/platform TestAnErrorLeavesByItsKindHoweverDeepItIs", "lab/cloud/stepfunctions TestAFunctionsAnswerComesWrappedAndItsFailureByName"}},
	{"a function waits longer than it may live, or sleeps", []string{"lab/audit TestNoFunctionWaits"}},
	{"the dead region is written to, or has to answer", []string{"lab/audit TestTheDeadRegionIsNeitherWrittenToNorNeeded"}},
	{"a failback flips DNS and brings no data back", []string{"functions TestTheFlipIsRefusedUntilItIsSafe"}},
	{"a report gives a recovery time that nobody measured", []string{"lab/report TestWhatWasNotMeasuredIsSaid", "functions TestARecoveryTimeThatNobodyMeasuredIsUnknown"}},
	{"a Choice does nothing by default, so that a typing error succeeds", []string{"statemachines TestNoDefaultIsASuccess", "functions TestATypingErrorInTheInputFailsClean"}},
	{"an encrypted copy is skipped for want of a key", []string{"functions/copytodr TestWithoutAUsableKeyNothingIsCopied", "statemachines TestABackupWithoutAKeyOrAQuotaFailsAndSaysWhatToDo"}},
	{"there are no tests", []string{"functions TestEveryFunctionIsComplete", "lab/audit TestRightsAreExactlyWhatDrillsUse"}},
}

func TestEveryMistakeOfThePeersHasItsTest(t *testing.T) {
	declared := map[string]bool{}
	eachFile(t, root, func(path string, file *ast.File) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				declared[filepath.ToSlash(folder)+" "+f.Name.Name] = true
			}
		}
	})
	for _, p := range peers {
		for _, test := range p.tests {
			if !declared[test] {
				t.Errorf("%q is held by %s, which does not exist", p.mistake, test)
			}
		}
	}
}

// TestNoFunctionWaits: waiting is the state machine's, so no handler sleeps or uses a waiter of the SDK, and none asks for
// more time than Lambda gives.
func TestNoFunctionWaits(t *testing.T) {
	for _, f := range functions.All() {
		if f.Timeout <= 0 || f.Timeout > 15*time.Minute {
			t.Errorf("%s may take %s; Lambda ends it after 15 minutes", f.Name, f.Timeout)
		}
	}
	for _, folder := range []string{"functions", "internal"} {
		eachFile(t, filepath.Join(root, folder), func(path string, file *ast.File) {
			if strings.HasSuffix(path, "_test.go") {
				return
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Sleep" || strings.HasPrefix(s.Sel.Name, "New") && strings.HasSuffix(s.Sel.Name, "Waiter")) {
						t.Errorf("%s calls %s", path, s.Sel.Name)
					}
				}
				return true
			})
		})
	}
}

// TestTheDeadRegionIsNeitherWrittenToNorNeeded watches every call of a recovery: nothing takes effect in the dead region,
// no identity or parameter is asked of it, and what is tried there costs little of the recovery time.
func TestTheDeadRegionIsNeitherWrittenToNorNeeded(t *testing.T) {
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	s, err := drill.Find("region-outage")
	if err != nil {
		t.Fatal(err)
	}
	dead, tried := e.Regions.Primary, 0
	var died time.Time
	watched := s.Watched(func(r cloud.Record) {
		if r.To != dead || r.From == dead {
			return
		}
		service, _, _ := strings.Cut(r.Operation, ".")
		if service == "STS" || service == "SSM" {
			t.Errorf("%s calls %s in %s", r.Caller, r.Operation, dead)
		}
		switch {
		case r.Err != nil:
			tried++
			if died.IsZero() {
				died = r.At
			}
		case !died.IsZero():
			t.Errorf("%s was answered by the dead region: %s", r.Caller, r.Operation)
		case r.Mutating:
			t.Errorf("%s changed the region before it died: %s", r.Caller, r.Operation)
		}
	})
	result, err := drill.Run(context.Background(), watched, drill.Options{Seed: 1, Environment: e})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Ok() || tried == 0 {
		t.Errorf("outcome %s; %d calls to the dead region were tried", result.Outcome, tried)
	}
}

func eachFile(t *testing.T, folder string, see func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || path != folder && path != root && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		see(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
