package verifychecksums

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// extras compares what is stored below the manifest's prefix with what the manifests of its day list, and writes the
// differences beside the work list. All of the day's manifests count, since incremental backups share the prefix.
//
// Besides what nobody listed, it finds what is listed and hidden by a delete marker: the version can still be read, but
// everybody who restores by key would miss it.
func (h *Handler) extras(ctx context.Context, plan Plan) (int, error) {
	if plan.Purpose == forRestore {
		return 0, h.write(ctx, plan.Work+"extras.json", []byte("[]"))
	}
	ours, listed := map[string]bool{}, map[string]bool{}
	if _, _, err := h.each(ctx, &plan, func(o manifest.Object) error {
		ours[o.Key], listed[o.Key] = true, true
		return nil
	}); err != nil {
		return 0, err
	}
	if err := h.others(ctx, plan, listed); err != nil {
		return 0, err
	}
	found := []Result{}
	stored := func(o types.Object) {
		key := aws.ToString(o.Key)
		delete(ours, key)
		if !listed[key] && key != plan.Prefix+backup.List { // the list of checksums is the backup's own
			found = append(found, Result{Key: key, Verdict: Extra, Detail: "is stored and in no manifest of the day"})
		}
	}
	if err := h.list(ctx, plan.Prefix, stored); err != nil {
		return 0, err
	}
	for key := range ours {
		found = append(found, Result{Key: key, Verdict: Missing, Detail: "is hidden by a delete marker or gone"})
	}
	slices.SortFunc(found, func(a, b Result) int { return strings.Compare(a.Key, b.Key) })
	text, err := json.Marshal(found)
	if err != nil {
		return 0, err
	}
	return len(found), h.write(ctx, plan.Work+"extras.json", text)
}

// forRestore is the purpose for which versions alone are judged: a restore reads nothing else, and after an attack on the
// backups there is something on top of all of them.
const forRestore = "restore"

// others adds what the other manifests of the day list.
func (h *Handler) others(ctx context.Context, plan Plan, listed map[string]bool) error {
	day, _, _ := strings.Cut(plan.Manifest, "manifests/")
	var keys []string
	if err := h.list(ctx, day+"manifests/", func(o types.Object) { keys = append(keys, aws.ToString(o.Key)) }); err != nil {
		return err
	}
	for _, key := range keys {
		if key == plan.Manifest {
			continue
		}
		other := plan
		other.Manifest, other.Version = key, ""
		if _, _, err := h.each(ctx, &other, func(o manifest.Object) error {
			listed[o.Key] = true
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
