package planrestore

import (
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/restore"
)

// describe says in words what the plan would do.
func describe(plan *restore.Plan) {
	plan.NeedsApproval = plan.Mode == restore.Replace
	plan.Why = "it takes the place of what is live in " + plan.Region
	if !plan.NeedsApproval {
		plan.Why = "it touches nothing that is there"
	}
	var what, loss []string
	if plan.Database {
		what = append(what, "database "+plan.Live)
	}
	if plan.Data != nil {
		what = append(what, "application data")
	}
	if plan.Configuration != nil {
		what = append(what, "configuration")
	}
	plan.Title = strings.Join(what, ", ") + " of " + plan.Region
	for _, source := range plan.Parts {
		text := fmt.Sprintf("%s %.0f s", source.Part, source.LossSeconds)
		if n := len(source.Skipped); n > 0 {
			text += fmt.Sprintf(" (%d newer points were passed over: %s)", n, source.Skipped[0])
		}
		loss = append(loss, text)
	}
	plan.Summary = fmt.Sprintf("restore %s to %s (%s): work since then is given up, by %s: %s", plan.Title, stamp(plan.To), plan.Mode, stamp(plan.Now), strings.Join(loss, ", "))
	if n := len(plan.Hidden); n > 0 {
		plan.Summary += fmt.Sprintf("; somebody wrote over or deleted %d objects of these backups, such as %s: the versions below are used", n, plan.Hidden[0].Key)
	}
	if plan.Mode == restore.Beside {
		beside := []string{}
		if plan.Database {
			beside = append(beside, plan.Restored)
		}
		if plan.Data != nil || plan.Configuration != nil {
			beside = append(beside, plan.Folder)
		}
		plan.Summary = fmt.Sprintf("restore %s to %s beside it, as %s; nothing is given up", plan.Title, stamp(plan.To), strings.Join(beside, " and "))
	}
}
