package followrole

import (
	"slices"
	"strings"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/internal/following"
)

// TestEveryAlarmThatFollowsMayBeSwitched: one that may not is a call that is denied, for all of them, each minute.
func TestEveryAlarmThatFollowsMayBeSwitched(t *testing.T) {
	for name, imports := range map[string][2]string{"all ours": {"", ""}, "primary's data": {"theirs", ""}, "recovery's data": {"", "theirs"}, "both": {"theirs", "theirs-too"}} {
		e, err := environments.Named("production")
		if err != nil {
			t.Fatal(err)
		}
		e.Imports.Primary.Data, e.Imports.Recovery.Data = imports[0], imports[1]
		for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
			may := map[string][]string{}
			for _, g := range Grants(e, region) {
				for _, action := range g.Actions {
					may[action] = append(may[action], g.Resources...)
				}
			}
			allowed := func(action, alarm string) bool {
				return slices.ContainsFunc(may[action], func(arn string) bool { return strings.HasSuffix(arn, ":alarm:"+alarm) && strings.Contains(arn, region) })
			}
			for _, item := range append(following.Alarms(e, region), following.Item{Name: following.NotReadyAlarm(e)}) {
				if !allowed("cloudwatch:EnableAlarmActions", item.Name) || !allowed("cloudwatch:DisableAlarmActions", item.Name) {
					t.Errorf("%s imported: %s may not be switched in %s", name, item.Name, region)
				}
			}
		}
	}
}
