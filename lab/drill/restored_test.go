package drill

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/restore"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
)

// TestSabotageOfRestoresIsSeen takes the safety out of the restore, piece by piece.
func TestSabotageOfRestoresIsSeen(t *testing.T) {
	long(t)
	const scenario = "restore-corrupted-table"
	for _, c := range []struct {
		name      string
		edits     []edit
		invariant string
	}{
		{"takes no snapshot", []edit{{`"Condition": "{% $approved %}",
          "Next": "TakeSafety"`, `"Condition": "{% 1 = 2 %}", "Next": "TakeSafety"}, {"Condition": "{% $approved %}", "Next": "StopServices"`}}, "nothing that was there is lost"},
		{"reports no loss", []edit{{`"lostTransactions": "{% $closed.lostTransactions %}"`, `"lostTransactions": 0`}}, "the reported loss is the real one"},
		{"rebuilds no replica", []edit{{`"Condition": "{% $public.result = 'pass' %}",
          "Next": "RebuildParts"`, `"Condition": "{% 1 = 2 %}", "Next": "RebuildParts"}, {"Condition": "{% $public.result = 'pass' %}", "Next": "CloseRestore"`}}, "the replica follows the restored database"},
		{"starts one tier only", []edit{{`"Condition": "{% $criticalTier.done %}",
          "Next": "StartStandard"`, `"Condition": "{% 1 = 2 %}", "Next": "StartStandard"}, {"Condition": "{% $criticalTier.done %}", "Next": "ValidatePublic"`}}, "the services are as they were"},
		{"restores another moment", []edit{{`"to": "{% $string($asked.to) %}"`, `"to": "latest"`}}, "what was restored is the moment, row by row"},
		{"never closes", []edit{{`"action": "close",
          "outcome": "recovered"`, `"action": "assess",
          "outcome": "recovered"`}}, "the lock is free"},
	} {
		t.Run(c.name, func(t *testing.T) { mustFail(t, sabotaged(t, scenario, c.edits), c.invariant) })
	}
}

// TestPlannedStepsAreWhatTheLabDraws holds the ranges that a plan prints to those that the lab draws from.
func TestPlannedStepsAreWhatTheLabDraws(t *testing.T) {
	const storage = 100 // GiB
	d := rds.Defaults()
	sum := func(spans ...rds.Span) (low, high time.Duration) {
		for _, s := range spans {
			low, high = low+s.Low, high+s.High
		}
		return low, high
	}
	perGiB := rds.Span{Low: storage * d.SnapshotPerGiB.Low, High: storage * d.SnapshotPerGiB.High}
	want := map[string][]rds.Span{
		"take and verify a safety snapshot":                            {d.SnapshotBase, perGiB},
		"restore the database under a new name, first backup included": {d.Restore, perGiB, d.FirstBackup},
		"keep the old database under another name":                     {d.Rename},
		"put the restored database in its place":                       {d.Rename},
		"rebuild the replica, its first backup included":               {d.Rename, d.Create, d.FirstBackup, d.Modify},
	}
	found := 0
	for _, step := range restore.Steps(restore.Plan{Mode: restore.Replace, Database: true}, storage) {
		spans, modelled := want[step.Name]
		if !modelled {
			continue
		}
		found++
		if low, high := sum(spans...); step.LowSeconds != int(low.Seconds()) || step.HighSeconds != int(high.Seconds()) {
			t.Errorf("%s: the plan says %d to %d s, the lab draws %s to %s", step.Name, step.LowSeconds, step.HighSeconds, low, high)
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d steps are in the plan", found, len(want))
	}
}

// TestARestoreKeepsToItsObjective: a restore is done within two hours at the median of some seeds, and in each the
// orchestration adds no more than a tenth to what could not be shorter.
func TestARestoreKeepsToItsObjective(t *testing.T) {
	long(t)
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	bench, err := NewBench()
	if err != nil {
		t.Fatal(err)
	}
	for name, seeds := range map[string]uint64{"restore-corrupted-table": 5, "restore-everything": 5, "restore-data-deleted": 3} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var times []float64
		for seed := range seeds {
			result, err := Run(t.Context(), s, Options{Seed: 100 + seed, Environment: e, Bench: bench})
			if err != nil {
				t.Fatal(err)
			}
			p := result.RestorePath
			if !result.Ok() || p == nil {
				t.Fatalf("%s, seed %d: %s, %+v", name, 100+seed, result.Outcome, result.Invariants)
			}
			if p.Ratio > 1.10 {
				t.Errorf("%s, seed %d took %.2f times its critical path: %+v", name, 100+seed, p.Ratio, p)
			}
			times = append(times, p.Seconds)
		}
		slices.Sort(times)
		t.Logf("%s: median %.0f s over %d seeds", name, times[len(times)/2], seeds)
		if times[len(times)/2] >= 2*60*60 {
			t.Errorf("%s: half of the restores took more than %.0f s", name, times[len(times)/2])
		}
	}
}

// TestSabotageOfPartsIsSeen takes the care out of the restore of files and parameters, piece by piece.
func TestSabotageOfPartsIsSeen(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name, scenario string
		edits          []edit
		invariant      string
	}{
		{"restores no files", "restore-everything", []edit{{`"Condition": "{% $plan.data != null %}",
                  "Next": "RestoreData"`, `"Condition": "{% 1 = 2 %}", "Next": "RestoreData"}, {"Condition": "{% $plan.data != null %}", "Next": "NoData"`}}, "the files are the recovery point, byte for byte"},
		{"restores no parameters", "restore-configuration-damaged", []edit{{`"Condition": "{% $plan.configuration != null %}",
                  "Next": "RestoreConfiguration"`, `"Condition": "{% 1 = 2 %}", "Next": "RestoreConfiguration"}, {"Condition": "{% $plan.configuration != null %}", "Next": "NoConfiguration"`}}, "the parameters are the recovery point"},
		{"puts nothing back", "restore-data-fails", []edit{{`"Condition": "{% $plan.mode = 'replace' and $plan.data != null %}",
          "Next": "PutDataBack"`, `"Condition": "{% 1 = 2 %}", "Next": "PutDataBack"}, {"Condition": "{% $plan.mode = 'replace' and $plan.data != null %}", "Next": "JudgeConfigurationTouched"`}}, "files and parameters are as they were"},
		{"does not wait for the other region", "restore-everything", []edit{{`"Condition": "{% $plan.data != null and $plan.data.to = 'files' %}",
                  "Next": "RebuildFiles"`, `"Condition": "{% 1 = 2 %}", "Next": "RebuildFiles"}, {"Condition": "{% $plan.data != null and $plan.data.to = 'files' %}", "Next": "NoFiles"`}, {`"Condition": "{% $plan.database = true %}",
                  "Next": "RebuildReplica"`, `"Condition": "{% 1 = 2 %}", "Next": "RebuildReplica"}, {"Condition": "{% $plan.database = true %}", "Next": "NoReplica"`}, {`"Condition": "{% $plan.database = true %}",
                  "Next": "RebuildBackups"`, `"Condition": "{% 1 = 2 %}", "Next": "RebuildBackups"}, {"Condition": "{% $plan.database = true %}", "Next": "NoBackups"`}}, "the other region has backups of the restored database"},
	} {
		t.Run(c.name, func(t *testing.T) { mustFail(t, sabotaged(t, c.scenario, c.edits), c.invariant) })
	}
}

// TestARestoreSurvivesBeingKilled kills restores behind some of their states and in some of their calls, at even distances,
// and redrives them: each ends as if nothing had happened. drctl crash kills them everywhere.
func TestARestoreSurvivesBeingKilled(t *testing.T) {
	long(t)
	t.Parallel()
	e, err := environments.Named("production")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		scenario      string
		states, calls int
	}{{"restore-corrupted-table", 3, 3}, {"restore-everything", 2, 2}, {"restore-data-deleted", 4, 4}, {"restore-configuration-damaged", 4, 3}, {"restore-data-fails", 2, 2}} {
		s, err := Find(c.scenario)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := Run(t.Context(), s, Options{Seed: 1, Environment: e})
		if err != nil {
			t.Fatal(err)
		}
		var kills []Kill
		for n := range c.states {
			kills = append(kills, Kill{Transition: 1 + n*(whole.transitions-1)/c.states})
		}
		for n := range c.calls {
			effect := []cloud.Effect{cloud.KillBefore, cloud.KillAfter}[n%2]
			kills = append(kills, Kill{Call: 1 + n*(whole.mutations-1)/c.calls, Effect: effect})
		}
		results, err := inParallel(t.Context(), 2, len(kills), nil, func(ctx context.Context, bench *Bench, i int) (*Result, error) {
			return Run(ctx, s, Options{Seed: 1, Environment: e, Bench: bench, Kill: &kills[i]})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if !r.killed || !r.Ok() {
				t.Errorf("%s: killed %v, ended %s, %+v", r.Repeat, r.killed, r.Outcome, r.Invariants)
			}
		}
	}
}
