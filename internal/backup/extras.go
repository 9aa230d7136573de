package backup

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// Sweep is a search below the prefix of a point for what is in no point of its kind and day, as far as it has come. All of
// the day's points count, since they share the prefix. What a run under way has stored before its manifest shows as extra
// too, so the question is best asked about a day that is over.
//
// It also finds what the point lists and the listing hides, under a delete marker: the version can still be read, but
// everybody who restores by key would miss it.
type Sweep struct {
	After     string   `json:"after,omitempty"` // the listing was compared up to this key
	Listed    bool     `json:"listed"`          // it was compared to its end
	Gathered  bool     `json:"gathered"`        // Others was filled
	Strangers []string `json:"strangers"`       // keys that are stored, and in no manifest that was read so far
	Hidden    []string `json:"hidden"`          // keys of the point that the listing does not show
	Others    []string `json:"others"`          // manifests of the day that have still to be read, the newest last
}

// Done tells whether there is nothing more to look at.
func (s Sweep) Done() bool {
	return s.Listed && s.Gathered && (len(s.Strangers) == 0 || len(s.Others) == 0)
}

// Findings are what a sweep that is done has found, in the order of keys.
func (s Sweep) Findings() []Finding {
	found := []Finding{}
	for _, key := range s.Strangers {
		found = append(found, Finding{Key: key, Verdict: Extra, Detail: "is stored and in no manifest of the day"})
	}
	for _, key := range s.Hidden {
		found = append(found, Finding{Key: key, Verdict: Missing, Detail: "is hidden by a delete marker or gone"})
	}
	slices.SortFunc(found, func(a, b Finding) int { return cmp.Compare(a.Key, b.Key) })
	return found
}

// Extras goes on with a sweep (at first the zero one) until it is done or late says that time is up; nil is never late.
// Every call comes forward.
func Extras(ctx context.Context, store Store, key, versionID string, sweep Sweep, late func() bool) (Sweep, error) {
	if late == nil {
		late = func() bool { return false }
	}
	reader, err := store.Manifest(ctx, key, versionID)
	if err != nil {
		return sweep, err
	}
	kind, day, ok := manifest.ParseKey(key)
	if !ok {
		kind, day = reader.Header.Kind, reader.Header.Taken
	}
	if !sweep.Listed {
		if err := sweep.list(ctx, store, key, reader, late); err != nil || !sweep.Listed {
			return sweep, err
		}
	}
	if !sweep.Gathered && len(sweep.Strangers) > 0 {
		err := list(ctx, store.Client, store.Bucket, manifest.Folder(day), func(o types.Object) error {
			if of, _, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind && aws.ToString(o.Key) != key {
				sweep.Others = append(sweep.Others, aws.ToString(o.Key))
			}
			return nil
		})
		if err != nil {
			return sweep, err
		}
	}
	sweep.Gathered = true
	strangers := map[string]bool{}
	for _, stranger := range sweep.Strangers {
		strangers[stranger] = true
	}
	for !sweep.Done() { // the newest knows most
		last := len(sweep.Others) - 1
		if err := store.acquaint(ctx, sweep.Others[last], strangers); err != nil {
			return sweep, err
		}
		sweep.Others = sweep.Others[:last]
		sweep.Strangers = slices.DeleteFunc(sweep.Strangers, func(key string) bool { return !strangers[key] })
		if late() {
			break
		}
	}
	return sweep, nil
}

var errEnough = errors.New("enough for now")

// list compares the listing with the manifest; both have the same order.
func (s *Sweep) list(ctx context.Context, store Store, key string, reader *manifest.Reader, late func() bool) error {
	prefix, began, seen := reader.Header.Prefix, s.After, 0
	listed, done := "", false // the last object of the manifest that was read
	deleted := map[string]bool{}
	reader.OnDeletion = func(d manifest.Deletion) { deleted[d.Key] = true }
	// forward reads the manifest up to a key, "" for its end. What it passes over is not stored.
	forward := func(to string) error {
		for !done && (to == "" || listed < to) {
			o, err := reader.Next()
			if errors.Is(err, io.EOF) {
				done = true
				return nil
			}
			if err != nil {
				return store.altered(key, err)
			}
			listed = o.Key
			if o.Key > began && (to == "" || o.Key < to) {
				s.Hidden = append(s.Hidden, o.Key)
			}
		}
		return nil
	}
	err := listAfter(ctx, store.Client, store.Bucket, prefix, began, func(o types.Object) error {
		const look = 1000 // a page
		if seen++; seen%look == 0 && late() {
			return errEnough
		}
		name := aws.ToString(o.Key)
		if err := forward(name); err != nil {
			return err
		}
		if listed != name && !deleted[name] && !bookkeeping(prefix, name) {
			s.Strangers = append(s.Strangers, name)
		}
		s.After = name
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err != nil:
		return err
	}
	s.Listed = true
	return forward("")
}

// bookkeeping tells what a backup writes below its own prefix beside the objects.
func bookkeeping(prefix, key string) bool { return key == prefix+List }

// acquaint takes what another manifest lists off the strangers.
func (s Store) acquaint(ctx context.Context, key string, strangers map[string]bool) error {
	reader, err := s.Manifest(ctx, key, "")
	if err != nil {
		return err
	}
	for {
		o, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.altered(key, err)
		}
		delete(strangers, o.Key)
	}
}
