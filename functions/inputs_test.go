package functions_test

import (
	"testing"

	"github.com/acso/disaster-recovery/functions"
	"github.com/acso/disaster-recovery/functions/backupconfig"
	"github.com/acso/disaster-recovery/functions/backupdata"
	"github.com/acso/disaster-recovery/functions/backupinfra"
	"github.com/acso/disaster-recovery/functions/backuplogs"
	"github.com/acso/disaster-recovery/functions/catchup"
	"github.com/acso/disaster-recovery/functions/checkhealth"
	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/functions/checkreplication"
	"github.com/acso/disaster-recovery/functions/cleartest"
	"github.com/acso/disaster-recovery/functions/comparefiles"
	"github.com/acso/disaster-recovery/functions/copytodr"
	"github.com/acso/disaster-recovery/functions/escalate"
	"github.com/acso/disaster-recovery/functions/failbacklock"
	"github.com/acso/disaster-recovery/functions/fence"
	"github.com/acso/disaster-recovery/functions/flipdns"
	"github.com/acso/disaster-recovery/functions/followrole"
	"github.com/acso/disaster-recovery/functions/heartbeat"
	"github.com/acso/disaster-recovery/functions/incident"
	"github.com/acso/disaster-recovery/functions/inspect"
	"github.com/acso/disaster-recovery/functions/keepverified"
	"github.com/acso/disaster-recovery/functions/missingwrites"
	"github.com/acso/disaster-recovery/functions/notify"
	"github.com/acso/disaster-recovery/functions/planfailover"
	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/functions/plansystem"
	"github.com/acso/disaster-recovery/functions/planverification"
	"github.com/acso/disaster-recovery/functions/probe"
	"github.com/acso/disaster-recovery/functions/promotedata"
	"github.com/acso/disaster-recovery/functions/promotereplica"
	"github.com/acso/disaster-recovery/functions/prunesnapshots"
	"github.com/acso/disaster-recovery/functions/readiness"
	"github.com/acso/disaster-recovery/functions/rebuilddatabase"
	"github.com/acso/disaster-recovery/functions/rebuildlock"
	"github.com/acso/disaster-recovery/functions/rebuildreplica"
	"github.com/acso/disaster-recovery/functions/rebuildservices"
	"github.com/acso/disaster-recovery/functions/rebuildstandby"
	"github.com/acso/disaster-recovery/functions/recordtest"
	"github.com/acso/disaster-recovery/functions/releasedatabase"
	"github.com/acso/disaster-recovery/functions/reopen"
	"github.com/acso/disaster-recovery/functions/restoreconfig"
	"github.com/acso/disaster-recovery/functions/restoredata"
	"github.com/acso/disaster-recovery/functions/restoredatabase"
	"github.com/acso/disaster-recovery/functions/restorelock"
	"github.com/acso/disaster-recovery/functions/restoreservices"
	"github.com/acso/disaster-recovery/functions/returnconfig"
	"github.com/acso/disaster-recovery/functions/revealpoints"
	"github.com/acso/disaster-recovery/functions/reversefiles"
	"github.com/acso/disaster-recovery/functions/review"
	"github.com/acso/disaster-recovery/functions/scaleecs"
	"github.com/acso/disaster-recovery/functions/snapshot"
	"github.com/acso/disaster-recovery/functions/testrestore"
	"github.com/acso/disaster-recovery/functions/validate"
	"github.com/acso/disaster-recovery/functions/verifychecksums"
	"github.com/acso/disaster-recovery/functions/watchbackups"
	"github.com/acso/disaster-recovery/internal/platform"
)

func TestExampleEventsAreInputs(t *testing.T) {
	inputs := map[string]any{
		"followrole": &followrole.Input{}, "backupconfig": &backupconfig.Input{}, "backupinfra": &backupinfra.Input{}, "backupdata": &backupdata.Input{}, "checkreplication": &checkreplication.Input{}, "backuplogs": &backuplogs.Input{},
		"catchup": &catchup.Input{}, "planfailover": &planfailover.Input{}, "checkhealth": &checkhealth.Input{}, "checklag": &checklag.Input{}, "copytodr": &copytodr.Input{}, "fence": &fence.Input{},
		"escalate": &escalate.Input{}, "review": &review.Input{},
		"flipdns": &flipdns.Input{}, "heartbeat": &heartbeat.Input{}, "incident": &incident.Input{}, "notify": &notify.Input{},
		"probe": &probe.Input{}, "promotedata": &promotedata.Input{}, "promotereplica": &promotereplica.Input{}, "scaleecs": &scaleecs.Input{},
		"planrestore": &planrestore.Input{}, "rebuildreplica": &rebuildreplica.Input{}, "restoredatabase": &restoredatabase.Input{},
		"restoreconfig": &restoreconfig.Input{}, "restoredata": &restoredata.Input{}, "restorelock": &restorelock.Input{}, "restoreservices": &restoreservices.Input{}, "revealpoints": &revealpoints.Input{},
		"snapshot": &snapshot.Input{}, "validate": &validate.Input{}, "planverification": &planverification.Input{}, "verifychecksums": &verifychecksums.Input{},
		"plansystem": &plansystem.Input{}, "rebuilddatabase": &rebuilddatabase.Input{}, "rebuildlock": &rebuildlock.Input{}, "rebuildservices": &rebuildservices.Input{},
		"inspect": &inspect.Input{}, "readiness": &readiness.Input{},
		"cleartest": &cleartest.Input{}, "recordtest": &recordtest.Input{}, "testrestore": &testrestore.Input{},
		"comparefiles": &comparefiles.Input{}, "failbacklock": &failbacklock.Input{}, "missingwrites": &missingwrites.Input{}, "rebuildstandby": &rebuildstandby.Input{},
		"releasedatabase": &releasedatabase.Input{}, "reopen": &reopen.Input{}, "returnconfig": &returnconfig.Input{}, "reversefiles": &reversefiles.Input{},
		"prunesnapshots": &prunesnapshots.Input{}, "keepverified": &keepverified.Input{}, "watchbackups": &watchbackups.Input{},
	}
	for _, f := range functions.All() {
		input, ok := inputs[f.Name]
		if !ok {
			t.Errorf("%s is missing in this test", f.Name)
			continue
		}
		if err := platform.Decode(f.Event, input); err != nil {
			t.Errorf("%s: its example event is no input: %v", f.Name, err)
		}
		if err := platform.Decode([]byte(`{"surprise": 1}`), input); err == nil {
			t.Errorf("%s takes a field that it does not know", f.Name)
		}
	}
}
