package readiness_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/internal/inspection"
	judged "github.com/acso/disaster-recovery/internal/readiness"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// TestWithoutTheInspectionNothingIsKnownOfTheData: a call that is refused or that nobody answers leaves every check of the data
// unknown, with the reason, and all others as they are.
func TestWithoutTheInspectionNothingIsKnownOfTheData(t *testing.T) {
	b := newBench(t)
	for name, effect := range map[string]cloud.Effect{"refused": cloud.ErrorBefore, "lost": cloud.Unreachable} {
		t.Run(name, func(t *testing.T) {
			s := b.world(t, 9)
			defer s.Traffic.Stop()
			s.pass(lived)
			s.Cloud.Inject(cloud.Fault{Region: s.recovery, Operation: "Lambda.Invoke", Effect: effect})
			report := s.judge()
			if report.Verdict != judged.Unknown || report.LossSeconds != nil || report.RecoveryTimeSeconds != nil {
				t.Errorf("%s, %s", report.Verdict, report.Because)
			}
			names := inspection.Names()
			seen := 0
			for _, c := range report.Checks {
				switch inspected := slices.Contains(names, c.Name); {
				case !inspected && c.Verdict != judged.Pass:
					t.Errorf("%s, which nobody inspects, is %s: %s", c.Name, c.Verdict, c.Evidence)
				case inspected && (c.Verdict != judged.Unknown || !strings.Contains(c.Evidence, "inspected") || !strings.Contains(c.Next, judged.Inspector)):
					t.Errorf("%s is %s: %s; %s", c.Name, c.Verdict, c.Evidence, c.Next)
				case inspected:
					seen++
				}
			}
			if seen != len(names) {
				t.Errorf("%d of %d checks of the data are in the report", seen, len(names))
			}
		})
	}
}

// TestWhatIsInspectedIsWhatReadinessWants: each knows the checks by name only.
func TestWhatIsInspectedIsWhatReadinessWants(t *testing.T) {
	var want []string
	for _, r := range judged.Rules() {
		if r.Inspected {
			want = append(want, r.Name)
		}
	}
	got := inspection.Names()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("inspected are %v, and readiness wants %v", got, want)
	}
	f, known := functions.Named(judged.Inspector)
	if !known || f.Timeout != judged.Inspecting {
		t.Errorf("the function %s: registered %t, limit %s", judged.Inspector, known, f.Timeout)
	}
}
