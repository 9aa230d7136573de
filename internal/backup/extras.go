package backup

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/manifest"
)

// Extras finds what lies below the prefix of a point and in no point of its kind and day. All of the day's points
// count, since they share the prefix. What a run under way has stored before its manifest shows as extra too, so the
// question is best asked about a day that is over.
func Extras(ctx context.Context, store Store, key string) ([]Finding, error) {
	reader, err := store.Manifest(ctx, key, "")
	if err != nil {
		return nil, err
	}
	strangers, err := store.strangers(ctx, key, reader)
	if err != nil {
		return nil, err
	}
	kind, day, ok := manifest.ParseKey(key)
	if !ok {
		kind, day = reader.Header.Kind, reader.Header.Taken
	}
	var others []string
	if len(strangers) > 0 {
		err = list(ctx, store.Client, store.Bucket, manifest.Folder(day), func(o types.Object) error {
			if of, _, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind && aws.ToString(o.Key) != key {
				others = append(others, aws.ToString(o.Key))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, other := range slices.Backward(others) { // the newest knows most
		if len(strangers) == 0 {
			break
		}
		if err := store.acquaint(ctx, other, strangers); err != nil {
			return nil, err
		}
	}
	found := []Finding{}
	for _, stranger := range slices.Sorted(maps.Keys(strangers)) {
		found = append(found, Finding{Key: stranger, Verdict: Extra, Detail: "is stored and in no manifest of the day"})
	}
	return found, nil
}

// strangers are the stored keys that the manifest does not have. It and the listing have the same order.
func (s Store) strangers(ctx context.Context, key string, reader *manifest.Reader) (map[string]bool, error) {
	strangers, done := map[string]bool{}, false
	prefix := reader.Header.Prefix
	listed := "" // the last object that was read
	deleted := map[string]bool{}
	reader.OnDeletion = func(d manifest.Deletion) { deleted[d.Key] = true }
	forward := func(to string) error {
		for !done && listed < to {
			o, err := reader.Next()
			if errors.Is(err, io.EOF) {
				done = true
			} else if err != nil {
				return s.altered(key, err)
			} else {
				listed = o.Key
			}
		}
		return nil
	}
	err := list(ctx, s.Client, s.Bucket, prefix, func(o types.Object) error {
		name := aws.ToString(o.Key)
		if err := forward(name); err != nil {
			return err
		}
		if listed != name && !deleted[name] && !bookkeeping(prefix, name) {
			strangers[name] = true
		}
		return nil
	})
	return strangers, err
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
