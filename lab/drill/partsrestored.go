package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/acso/disaster-recovery/internal/manifest"
	"github.com/acso/disaster-recovery/internal/parameters"
	"github.com/acso/disaster-recovery/internal/retention"
	"github.com/acso/disaster-recovery/internal/writeback"
	"github.com/acso/disaster-recovery/lab/cloud"
)

// said is what a restore reports at its end.
type said struct {
	To            time.Time `json:"to"`
	Data          string    `json:"data"`
	Configuration string    `json:"configuration"`
	Folder        string    `json:"folder"`
	SafetyPoints  []string  `json:"safetyPoints"`
	Losses        []struct {
		Part    string  `json:"part"`
		From    string  `json:"from"`
		Seconds float64 `json:"seconds"`
	} `json:"losses"`
}

func (r *run) said() (s said) {
	if x := r.recovery(); x == nil || json.Unmarshal(x.Output(), &s) != nil {
		return said{}
	}
	return s
}

// aside judges what every restore that is not of the database leaves as it was.
func (r *run) aside() []Invariant {
	return []Invariant{r.originalLive(), r.sizesAsBefore(), r.servedHere(), r.oneWriter()}
}

func (r *run) dataRestored() []Invariant {
	return append(r.aside(), r.filesRestored(), r.filesKept(), r.lossesCover())
}

// pointOf reads a point by its key, in the version that was written first, whatever lies on top.
func (r *run) pointOf(key string) (recoveryPoint, error) {
	versions := r.world.S3.Versions(r.backups(), key)
	if len(versions) == 0 {
		return recoveryPoint{}, fmt.Errorf("there is no manifest %q", key)
	}
	p, err := r.restore(r.backups(), versions[0])
	if kind, taken, ok := manifest.ParseKey(key); ok {
		p.kind, p.taken = kind, taken
	}
	return p, err
}

// keys are the manifests of a kind, oldest first.
func (r *run) keys(kind string) []string {
	var keys []string
	for _, o := range r.world.S3.Objects(r.backups()) {
		if of, _, ok := manifest.ParseKey(o.Key); ok && of == kind {
			keys = append(keys, o.Key)
		}
	}
	return keys
}

func (r *run) newestPoint(kind string) recoveryPoint {
	keys := r.keys(kind)
	if len(keys) == 0 {
		return recoveryPoint{}
	}
	p, err := r.pointOf(keys[len(keys)-1])
	if err != nil {
		panic("lab: read the newest point: " + err.Error())
	}
	return p
}

// shapeOf is what a point says of every path, as files.Shape does.
func shapeOf(p recoveryPoint) map[string]string {
	shape := map[string]string{}
	for _, o := range p.objects {
		path := strings.TrimPrefix(o.Key, p.header.Prefix)
		mode := fs.ModeSymlink
		if o.Link == "" {
			bits, err := strconv.ParseUint(o.Mode, 8, 32)
			if err != nil {
				bits = 0
			}
			mode = fs.FileMode(bits)
		}
		shape[path] = mode.String() + " " + string(p.bodies[path])
	}
	return shape
}

// liveFiles is what the files are now, without what restores put beside them.
func (r *run) liveFiles() map[string]string {
	shape := r.world.Files.Shape()
	for name := range shape {
		if strings.HasPrefix(name, writeback.Beside+"/") {
			delete(shape, name)
		}
	}
	return shape
}

func differences(got, want map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if text, ok := got[name]; !ok {
			list = append(list, name+" is missing")
		} else if text != want[name] {
			list = append(list, name+" differs")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			list = append(list, name+" is too much")
		}
	}
	return strings.Join(list, ", ")
}

// filesRestored: the live files are the point that was named, byte for byte, and that was taken at the moment or before it.
func (r *run) filesRestored() Invariant {
	const name = "the files are the recovery point, byte for byte"
	s := r.said()
	p, err := r.pointOf(s.Data)
	switch {
	case err != nil:
		return verdict(name, false, "%v", err)
	case p.taken.After(s.To) || !r.restoring.to.IsZero() && p.taken.After(r.restoring.to):
		return verdict(name, false, "%s is of after %s", s.Data, s.To)
	}
	differ := differences(r.liveFiles(), shapeOf(p))
	return verdict(name, differ == "" && len(p.objects) > 0, "%d files of %s: %s", len(p.objects), s.Data, orNone(differ))
}

// filesKept: what the files were when the restore began is in a point that was taken since.
func (r *run) filesKept() Invariant {
	const name = "no file that was there is lost"
	differ := "there is no point of since then"
	for _, key := range r.keys(retention.ApplicationData) {
		p, err := r.pointOf(key)
		if err != nil || p.taken.Before(r.restoring.began.Truncate(time.Second)) {
			continue
		}
		if differ = differences(shapeOf(p), r.restoring.files); differ == "" {
			return verdict(name, true, "%d files are in %s", len(p.objects), key)
		}
	}
	return verdict(name, false, "%s", differ)
}

// partsUntouched: files and parameters are what they were when the restore began.
func (r *run) partsUntouched() Invariant {
	differ := differences(r.liveFiles(), r.restoring.files)
	if differ == "" {
		differ = differences(r.tree(), r.restoring.parameters)
	}
	return verdict("files and parameters are as they were", differ == "", "%s", orNone(differ))
}

// tree is the configuration as it is, with which values are secret.
func (r *run) tree() map[string]string {
	tree := map[string]string{}
	secrets := r.world.SSM.Secrets(r.where())
	for _, name := range r.world.SSM.Names(r.where()) {
		if !strings.HasPrefix(name, r.env.Parameters+"/") {
			continue
		}
		value, _ := r.world.SSM.Value(r.where(), name)
		tree[name] = fmt.Sprintf("%v %s", slices.Contains(secrets, name), value)
	}
	return tree
}

// opened is the configuration of a point, opened with the region's key.
func (r *run) opened(key string) (map[string]string, error) {
	p, err := r.pointOf(key)
	if err != nil {
		return nil, err
	}
	d, err := parameters.Unmarshal(p.bodies[parameters.File])
	if err != nil {
		return nil, err
	}
	client := kms.NewFromConfig(r.world.Cloud.Config(cloud.Principal{Name: "judge", Region: r.where(), Unlimited: true}))
	tree := map[string]string{}
	for _, e := range d.Parameters {
		value, err := parameters.Open(context.Background(), client, e)
		if err != nil {
			return nil, err
		}
		tree[e.Name] = fmt.Sprintf("%v %s", e.Sealed != nil, value)
	}
	return tree, nil
}

// parametersRestored: the live parameters are those of the point that was named, secrets as secrets.
func (r *run) parametersRestored() Invariant {
	const name = "the parameters are the recovery point"
	s := r.said()
	want, err := r.opened(s.Configuration)
	if err != nil {
		return verdict(name, false, "%v", err)
	}
	differ := differences(r.tree(), want)
	return verdict(name, differ == "" && len(want) > 0, "%d parameters of %s: %s", len(want), s.Configuration, orNone(differ))
}

// parametersKept: what the parameters were when the restore began is in a point that was taken since.
func (r *run) parametersKept() Invariant {
	const name = "no parameter that was there is lost"
	differ := "there is no point of since then"
	for _, key := range r.said().SafetyPoints {
		if kind, _, ok := manifest.ParseKey(key); !ok || kind != retention.Configuration {
			continue
		}
		held, err := r.opened(key)
		if err != nil {
			return verdict(name, false, "%v", err)
		}
		if differ = differences(held, r.restoring.parameters); differ == "" {
			return verdict(name, true, "%d parameters are in %s", len(held), key)
		}
	}
	return verdict(name, false, "%s", differ)
}
