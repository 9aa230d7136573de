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
	Key     string    `json:"key"`
	Taken   time.Time `json:"taken"`  // UTC
	Digest  string    `json:"digest"` // "" when it cannot be read
	Full    bool      `json:"full"`
	Objects int       `json:"objects"`
	Bytes   int64     `json:"bytes"`
	Verdict Verdict   `json:"verdict"` // pass, mismatch (altered), missing (removed) or unknown (cannot be read)
	Detail  string    `json:"detail,omitempty"`

	previous, previousKey string
}

// ChainOptions say what a whole chain is.
type ChainOptions struct {
	From, To time.Time // days, UTC, both included
	// Kept tells whether retention still keeps a point that is not there. nil means that it keeps everything of the days
	// looked at.
	Kept func(kind string, taken time.Time) bool
	// Newest is the digest of the last point that is known to have been made, from elsewhere: nothing in the chain itself
	// points at its end. "" when nobody knows.
	Newest string
}

// Chain reads all manifests of a kind over some days and holds each to what its successor says of it. The links come
// in the order of time; what is missing is in its place.
func Chain(ctx context.Context, store Store, kind string, options ChainOptions) ([]Link, error) {
	if options.To.Before(options.From) {
		return nil, failure.New(failure.InvalidInput, "verify the chain of "+kind, "it ends on %s, before it begins on %s", options.To.Format(time.DateOnly), options.From.Format(time.DateOnly))
	}
	links := []Link{}
	from := options.From.UTC().Truncate(24 * time.Hour)
	for day := from; !day.After(options.To.UTC()); day = day.AddDate(0, 0, 1) {
		err := list(ctx, store.Client, store.Bucket, manifest.Folder(day), func(o types.Object) error {
			if of, at, ok := manifest.ParseKey(aws.ToString(o.Key)); ok && of == kind {
				links = append(links, Link{Key: aws.ToString(o.Key), Taken: at})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range links {
		if err := store.seal(ctx, kind, &links[i]); err != nil {
			return nil, err
		}
	}
	return compare(links, kind, from, options), nil
}

// seal reads a manifest to its end.
func (s Store) seal(ctx context.Context, kind string, l *Link) error {
	r, err := s.open(ctx, l.Key, "")
	for err == nil {
		_, err = r.Next()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch _, altered := asDistrust(trust(err)); {
	case errors.Is(err, io.EOF) && (r.Header.Kind != kind || !r.Header.Taken.Equal(l.Taken)):
		l.Verdict, l.Detail = Mismatch, "it says that it is of "+r.Header.Kind+" at "+r.Header.Taken.Format(time.RFC3339)
	case errors.Is(err, io.EOF):
		l.Digest, l.Full, l.Objects, l.Bytes, l.Verdict = r.Seal.Digest, r.Header.Full, r.Seal.Objects, r.Seal.Bytes, Pass
		l.previous, l.previousKey = r.Header.Previous, r.Header.PreviousKey
	case altered:
		l.Verdict, l.Detail = Mismatch, err.Error()
	default:
		l.Verdict, l.Detail = Unknown, err.Error()
	}
	return nil
}

// compare holds each link to its successor.
func compare(links []Link, kind string, from time.Time, options ChainOptions) []Link {
	at := map[string]int{}
	for i, l := range links {
		at[l.Key] = i
	}
	missing := map[string]Link{}
	for _, l := range links {
		if l.previousKey == "" {
			continue
		}
		i, there := at[l.previousKey]
		of, taken, ok := manifest.ParseKey(l.previousKey)
		switch {
		case there && links[i].Verdict == Pass && links[i].Digest != l.previous && l.previous != "":
			links[i].Verdict, links[i].Detail = Mismatch, "it is not the one that "+l.Key+" followed: its digest was "+l.previous
		case !there && ok && of == kind && !taken.Before(from) && (options.Kept == nil || options.Kept(kind, taken)):
			missing[l.previousKey] = Link{Key: l.previousKey, Taken: taken, Digest: l.previous, Verdict: Missing, Detail: l.Key + " followed it, and it is not there"}
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
