package backup

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// Link is one point in the chain of its kind.
type Link struct {
	Key         string    `json:"key"`
	Taken       time.Time `json:"taken"`              // UTC
	Size        int64     `json:"size"`               // bytes of the manifest
	Digest      string    `json:"digest,omitempty"`   // "" when it cannot be read
	Previous    string    `json:"previous,omitempty"` // digest and key of the point that it followed, as it says
	PreviousKey string    `json:"previousKey,omitempty"`
	Full        bool      `json:"full,omitempty"`
	Objects     int       `json:"objects,omitempty"`
	Bytes       int64     `json:"bytes,omitempty"`
	Verdict     Verdict   `json:"verdict"` // pass, mismatch (altered), missing (removed) or unknown (cannot be read)
	Detail      string    `json:"detail,omitempty"`
}

// ChainOptions say what a whole chain is.
type ChainOptions struct {
	From, To time.Time // of the points looked at, UTC, both included
	// Kept tells whether retention still keeps a point that is not there. nil means that it keeps everything of the time
	// looked at.
	Kept func(kind string, taken time.Time) bool
	// Newest is the digest of the last point that is known to have been made, from elsewhere: nothing in the chain itself
	// points at its end. "" when nobody knows.
	Newest string
}

// Chain reads all manifests of a kind over some time and holds each to what its successor says of it. The links come in
// the order of time; what is missing is in its place.
func Chain(ctx context.Context, store Store, kind string, options ChainOptions) ([]Link, error) {
	links, err := Links(ctx, store, kind, options)
	if err != nil {
		return nil, err
	}
	for i := range links {
		if links[i], err = store.seal(ctx, kind, links[i], nil); err != nil {
			return nil, err
		}
	}
	return CompareLinks(kind, links, options), nil
}

// Links lists the points of a chain, unread. It is Chain's first third, for who reads many manifests in several places.
func Links(ctx context.Context, store Store, kind string, options ChainOptions) ([]Link, error) {
	from, to := options.From.UTC(), options.To.UTC()
	if to.Before(from) {
		return nil, failure.New(failure.InvalidInput, "verify the chain of "+kind, "it ends at %s, before it begins at %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	links := []Link{}
	for day := from.Truncate(24 * time.Hour); !day.After(to); day = day.AddDate(0, 0, 1) {
		err := list(ctx, store.Client, store.Bucket, manifest.Folder(day), func(o types.Object) error {
			of, at, ok := manifest.ParseKey(aws.ToString(o.Key))
			if ok && of == kind && !at.Before(from) && !at.After(to) {
				links = append(links, Link{Key: aws.ToString(o.Key), Taken: at, Size: aws.ToInt64(o.Size)})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}

// CheckLinks reads manifests of a kind to their ends: Chain's second third. What was not read when time was up is unknown;
// nil is never late.
func CheckLinks(ctx context.Context, store Store, kind string, keys []string, late func() bool) ([]Link, error) {
	links := []Link{}
	for _, key := range keys {
		of, taken, ok := manifest.ParseKey(key)
		if !ok || of != kind {
			return nil, failure.New(failure.InvalidInput, "verify the chain of "+kind, "%q is no manifest of it", key)
		}
		link, err := store.seal(ctx, kind, Link{Key: key, Taken: taken}, late)
		if err != nil {
			return nil, err
		}
		links = append(links, link)
	}
	return links, nil
}

var errLate = errors.New("time is up")

// seal reads a manifest to its end.
func (s Store) seal(ctx context.Context, kind string, l Link, late func() bool) (Link, error) {
	r, err := s.open(ctx, l.Key, "")
	for err == nil {
		if _, err = r.Next(); late != nil && late() {
			err = errLate
		}
	}
	if ctx.Err() != nil {
		return l, context.Cause(ctx)
	}
	switch _, altered := asDistrust(trust(err)); {
	case errors.Is(err, errLate):
		l.Verdict, l.Detail = Unknown, "was not read to its end in time"
	case errors.Is(err, io.EOF) && (r.Header.Kind != kind || !r.Header.Taken.Equal(l.Taken)):
		l.Verdict, l.Detail = Mismatch, "it says that it is of "+r.Header.Kind+" at "+r.Header.Taken.Format(time.RFC3339)
	case errors.Is(err, io.EOF):
		l.Digest, l.Full, l.Objects, l.Bytes, l.Verdict = r.Seal.Digest, r.Header.Full, r.Seal.Objects, r.Seal.Bytes, Pass
		l.Previous, l.PreviousKey = r.Header.Previous, r.Header.PreviousKey
	case altered:
		l.Verdict, l.Detail = Mismatch, err.Error()
	default:
		l.Verdict, l.Detail = Unknown, err.Error()
	}
	return l, nil
}

// beside is what is said of a point that is whole, and no later one says so: see docs/decisions/0035.
const beside = "no later point follows it: it was taken in the other region and came here when this one had taken over"

// CompareLinks holds each link to its successor: Chain's last third. The links have been checked and are in the order of
// time.
func CompareLinks(kind string, links []Link, options ChainOptions) []Link {
	links = slices.Clone(links)
	at := map[string]int{}
	for i, l := range links {
		at[l.Key] = i
	}
	missing, followed := map[string]Link{}, map[string]bool{}
	for _, l := range links {
		followed[l.PreviousKey] = true
		if l.PreviousKey == "" {
			continue
		}
		i, there := at[l.PreviousKey]
		of, taken, ok := manifest.ParseKey(l.PreviousKey)
		switch {
		case there && links[i].Verdict == Pass && links[i].Digest != l.Previous && l.Previous != "":
			links[i].Verdict, links[i].Detail = Mismatch, "it is not the one that "+l.Key+" followed: its digest was "+l.Previous
		case !there && ok && of == kind && !taken.Before(options.From) && (options.Kept == nil || options.Kept(kind, taken)):
			missing[l.PreviousKey] = Link{Key: l.PreviousKey, Taken: taken, Digest: l.Previous, Verdict: Missing, Detail: l.Key + " followed it, and it is not there"}
		}
	}
	for i, l := range links {
		if l.Verdict == Pass && !followed[l.Key] && i < len(links)-1 {
			links[i].Detail = beside
		}
	}
	return placed(links, missing, options.Newest)
}

// placed puts what is missing where it was.
func placed(links []Link, missing map[string]Link, newest string) []Link {
	out, known := []Link{}, newest == ""
	for _, l := range links {
		for _, m := range ordering(missing) {
			if m.Taken.Before(l.Taken) {
				out = append(out, m)
				delete(missing, m.Key)
			}
		}
		known = known || l.Digest == newest
		out = append(out, l)
	}
	if !known {
		out = append(out, Link{Digest: newest, Verdict: Missing, Detail: "a point with this digest was made, and it is not there"})
	}
	return out
}

func ordering(missing map[string]Link) []Link {
	return slices.SortedFunc(maps.Values(missing), func(a, b Link) int { return a.Taken.Compare(b.Taken) })
}
