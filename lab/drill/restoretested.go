package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/restoretest"
)

// standing is everything of production that a test must leave as it is: databases, services, parameters, objects, files.
func (r *run) standing() []string {
	list := r.present()
	w := r.world
	for _, region := range w.Cloud.Regions() {
		for _, p := range w.RDS.Snapshots(region) {
			if !strings.HasPrefix(p.ID, "rds:") { // RDS takes those by itself
				list = append(list, fmt.Sprintf("%s: snapshot %s is %s", region, p.ID, p.Status))
			}
		}
		for _, name := range w.SSM.Names(region) {
			value, _ := w.SSM.Value(region, name)
			list = append(list, fmt.Sprintf("%s: parameter %s is %q", region, name, value))
		}
		for _, bucket := range []string{r.env.Buckets.Backups} {
			for _, o := range w.S3.Objects(r.env.BucketIn(region, bucket)) {
				list = append(list, fmt.Sprintf("%s: %s is %s", region, o.Key, o.Version))
			}
		}
	}
	for _, name := range w.Files.Names() {
		text, there := w.Files.Text(name)
		list = append(list, fmt.Sprintf("file %s is there %t: %q", name, there, text))
	}
	sort.Strings(list)
	return list
}

// verdicts are the keys under which a test, or a verification, writes what it found: records, and not what they are about.
func isVerdict(line string) bool {
	return strings.Contains(line, "/restore-tests/") || strings.Contains(line, "/verified/")
}

func (r *run) productionStands() Invariant {
	var differ []string
	now := r.standing()
	for _, line := range r.restoring.before {
		if !slices.Contains(now, line) {
			differ = append(differ, "not any more: "+line)
		}
	}
	for _, line := range now {
		if !slices.Contains(r.restoring.before, line) && !isVerdict(line) && !strings.Contains(line, r.env.RestoreTest()) {
			differ = append(differ, "new: "+line)
		}
	}
	return verdict("production is as it was", len(differ) == 0 && len(r.restoring.before) > 0, "%s", orNone(strings.Join(differ, "; ")))
}

// leftNothing: whatever the end, nothing of a test is left, and nothing of production has changed.
func (r *run) leftNothing() []Invariant {
	const name = "a test leaves nothing behind"
	var left []string
	w := r.world
	for _, region := range w.Cloud.Regions() {
		for _, i := range w.RDS.Instances(region) {
			if i.Tags()[restoretest.Tag] != "" {
				left = append(left, region+": database "+i.ID)
			}
		}
		for _, p := range w.RDS.Snapshots(region) {
			if p.Tags()[restoretest.Tag] != "" || strings.Contains(p.ID, r.env.RestoreTest()) {
				left = append(left, region+": snapshot "+p.ID)
			}
		}
		for _, o := range w.S3.Objects(r.env.RestoreTestBucket(region)) {
			left = append(left, region+": object "+o.Key)
		}
		for _, p := range w.SSM.Names(region) {
			if strings.HasPrefix(p, "/"+r.env.RestoreTest()) {
				left = append(left, region+": parameter "+p)
			}
		}
	}
	return []Invariant{verdict(name, len(left) == 0, "%s", orNone(strings.Join(left, "; "))), r.productionStands()}
}

func (r *run) throwaways() (count int) {
	for _, i := range r.world.RDS.Instances(r.env.Regions.Primary) {
		if i.Tags()[restoretest.Tag] != "" {
			count++
		}
	}
	return count
}

// testedEverything: the output has every kind, each good, with the time that it took.
func (r *run) testedEverything() Invariant {
	const name = "every kind was restored and timed"
	x := r.recovery()
	if x == nil {
		return verdict(name, false, "no test succeeded")
	}
	var out struct {
		Seconds float64
		Parts   []struct {
			Part    string
			Pass    bool
			Seconds float64
		}
	}
	if err := json.Unmarshal(x.Output(), &out); err != nil {
		return verdict(name, false, "the output is %s: %v", x.Output(), err)
	}
	want := append([]string{"database from snapshot", "database from moment"}, restoretest.Kinds()...)
	var parts []string
	longest := 0.0
	for _, p := range out.Parts {
		if p.Pass {
			parts = append(parts, p.Part)
		}
		longest = max(longest, p.Seconds)
	}
	slices.Sort(want)
	slices.Sort(parts)
	whole := x.StoppedAt().Sub(x.StartedAt()).Seconds()
	return verdict(name, slices.Equal(want, parts) && out.Seconds >= longest && out.Seconds < whole, "%s in %.0f s, the longest part %.0f s", strings.Join(parts, ", "), out.Seconds, longest)
}

// recorded: the report lies in the backup bucket with the verdict that it should have.
func (r *run) recorded(pass bool) Invariant {
	const name = "the result is recorded"
	region := r.judged()[0].Region
	for _, o := range r.world.S3.Objects(r.env.BucketIn(region, r.env.Buckets.Backups)) {
		if !strings.Contains(o.Key, "/restore-tests/") {
			continue
		}
		var report struct {
			Pass    bool
			Seconds float64
		}
		err := json.Unmarshal(o.Body, &report)
		return verdict(name, err == nil && report.Pass == pass, "%s says pass %t after %.0f s", o.Key, report.Pass, report.Seconds)
	}
	return verdict(name, false, "there is no report")
}

// inOwnNetwork: no throwaway database was ever in the subnets of production, or carried a name of it.
func (r *run) inOwnNetwork() Invariant {
	const name = "throwaway databases live in their own network"
	made := 0
	for _, change := range r.observed.changes {
		if strings.HasPrefix(change, "RDS.Restore") {
			made++
		}
	}
	return verdict(name, made > 0 && len(r.misplaced) == 0, "%d were made; in another network: %s", made, orNone(strings.Join(r.misplaced, ", ")))
}

// watchPlaces looks every half a minute where throwaway databases are.
func (r *run) watchPlaces() {
	r.world.Sim.Every(30*time.Second, 30*time.Second, func() {
		for _, region := range r.world.Cloud.Regions() {
			for _, i := range r.world.RDS.Instances(region) {
				ours := i.Tags()[restoretest.Tag] != ""
				if ours && (i.InSubnets() != r.env.RestoreTest() || !strings.HasPrefix(i.ID, r.env.RestoreTest())) && !slices.Contains(r.misplaced, i.ID) {
					r.misplaced = append(r.misplaced, i.ID)
				}
			}
		}
	})
}

func (r *run) everyAimRefused() Invariant {
	taken := slices.DeleteFunc(slices.Clone(r.answers), func(a string) bool { return a == refusedAnswer })
	return verdict("every attempt at production is refused", len(r.answers) == 8 && len(taken) == 0, "%d of 8 refused; taken: %s", len(r.answers)-len(taken), orNone(strings.Join(taken, "; ")))
}

// madeNothing: not one database, parameter or object was made or deleted by a test.
func (r *run) madeNothing() Invariant {
	var made []string
	for _, change := range r.observed.changes {
		if strings.HasSuffix(change, " by testrestore") || strings.HasSuffix(change, " by cleartest") {
			made = append(made, change)
		}
	}
	return verdict("nothing was made", len(made) == 0, "%s", orNone(strings.Join(made, "; ")))
}

// corruptNewest damages the first object of the newest point of a kind in the primary region, and names it.
func (r *run) corruptNewest(kind string) string {
	primary := r.env.Regions.Primary
	list, err := r.points(primary, kind)
	if err != nil || len(list) == 0 || len(list[len(list)-1].objects) == 0 {
		panic(fmt.Sprintf("lab: no point of %s to damage: %v", kind, err))
	}
	key := list[len(list)-1].objects[0].Key
	r.world.S3.Corrupt(r.env.BucketIn(primary, r.env.Buckets.Backups), key)
	r.say("fault", primary, "object %s is damaged", key)
	return key
}

// teamToldIn: the team was told in a region.
func (r *run) teamToldIn(region, subject string) Invariant {
	for _, m := range r.world.SNS.Messages(region, r.env.Contacts.OnCall.Topic) {
		if strings.Contains(m.Subject, subject) {
			return verdict("the team is told: "+subject, true, "in %s", region)
		}
	}
	return verdict("the team is told: "+subject, false, "nobody was, in %s", region)
}
