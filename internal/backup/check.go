package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// CheckOptions say how objects are verified.
type CheckOptions struct {
	Depth       Depth
	Concurrency int         // how many are read at once; 0 is 1, which starts no goroutine
	Late        func() bool // tells when time is up: what was not read by then is unknown; nil for never
}

// CheckBatch verifies the objects of one batch. Only what concerns all of them alike is an error; findings are what did
// not pass, in the order of keys.
func CheckBatch(ctx context.Context, store Store, b Batch, options CheckOptions) (Tally, []Finding, error) {
	objects, err := store.lines(ctx, b)
	if err != nil {
		return Tally{}, nil, err
	}
	c := newChecker(ctx, store, options)
	for _, o := range objects {
		if b.Part > 0 {
			err = c.add(o, b.Part-1, b.Parts)
		} else {
			err = c.add(o, 0, len(o.Parts))
		}
		if err != nil {
			break
		}
	}
	return c.close(err)
}

// KeysOf are the keys that a batch means, for who has to name what was never read.
func KeysOf(ctx context.Context, store Store, b Batch) ([]string, error) {
	objects, err := store.lines(ctx, b)
	keys := make([]string, 0, len(objects))
	for _, o := range objects {
		keys = append(keys, o.Key)
	}
	return keys, err
}

// lines reads the objects of a batch again, and holds them to what the plan saw.
func (s Store) lines(ctx context.Context, b Batch) ([]manifest.Object, error) {
	op := fmt.Sprintf("read batch %d of s3://%s/%s", b.Number, s.Bucket, b.Manifest)
	if b.Length <= 0 || b.From < 0 || b.Part < 0 || b.Parts < 0 || b.Part > 0 && b.Objects != 1 {
		return nil, failure.New(failure.InvalidInput, op, "it is no batch of a plan: %+v", b)
	}
	text, _, err := s.part(ctx, b.Manifest, b.Version, b.From, b.Length, nil, nil)
	if err != nil {
		return nil, err
	}
	digest, objects, last := sha256.New(), []manifest.Object{}, ""
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte(`{"key":`)) {
			continue // a deletion or a file that could not be read
		}
		o, err := manifest.DecodeObject(line, manifest.Header{}, last)
		if err != nil {
			return nil, failure.New(failure.Failed, op, "the manifest is not what was planned: %v", err)
		}
		digest.Write(line)
		objects, last = append(objects, o), o.Key
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != b.Digest || len(objects) != b.Objects {
		return nil, failure.New(failure.Failed, op, "the manifest is not what was planned: %d objects with digest %s instead of %d with %s", len(objects), sum, b.Objects, b.Digest).
			Next("treat this recovery point as lost: use the one before it and find out who wrote the manifest")
	}
	if b.Part > 0 && b.Part-1+b.Parts > len(objects[0].Parts) {
		return nil, failure.New(failure.InvalidInput, op, "%s has no parts %d to %d", objects[0].Key, b.Part, b.Part-1+b.Parts)
	}
	return objects, nil
}

// checker verifies objects as they come.
type checker struct {
	store    Store
	options  CheckOptions
	line     *ordered[checked]
	tally    Tally
	findings []Finding
	now      checked // the object whose verdicts are coming in
	some     bool    // there is one
	buffers  chan []byte
}

// checked is the verdict on an object or on some of its parts.
type checked struct {
	object  manifest.Object
	first   bool // it has the object's first byte
	verdict Verdict
	detail  string
}

func newChecker(ctx context.Context, store Store, options CheckOptions) *checker {
	c := &checker{store: store, options: options, findings: []Finding{}}
	width := max(options.Concurrency, 1)
	c.buffers = make(chan []byte, width)
	c.line = newOrdered(ctx, width, c.judge)
	return c
}

// stretch is how many bytes of a large object are read in one request, so that several connections share it.
const stretch = 64 << 20

// add verifies an object, or parts of it.
func (c *checker) add(o manifest.Object, first, count int) error {
	if count == 0 || c.options.Depth == Attributes {
		return c.line.do(func(ctx context.Context) (checked, error) {
			v, detail, err := c.whole(ctx, o)
			return checked{o, true, v, detail}, err
		})
	}
	each := int(max(stretch/o.PartSize, 1))
	for at := first; at < first+count; at += each {
		n := min(each, first+count-at)
		if err := c.line.do(func(ctx context.Context) (checked, error) {
			v, detail, err := c.parts(ctx, o, at, n)
			return checked{o, at == 0, v, detail}, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// judge takes verdicts in the order of keys. An object in stretches passes when they all do.
func (c *checker) judge(one checked) error {
	if one.verdict == busy {
		one.verdict = Unknown
		c.tally.Again++
	}
	if c.some && c.now.object.Key == one.object.Key {
		if c.now.verdict == Pass {
			c.now.verdict, c.now.detail = one.verdict, one.detail
		}
		return nil
	}
	c.settle()
	c.now, c.some = one, true
	return nil
}

// settle counts the object whose stretches have all come.
func (c *checker) settle() {
	if !c.some {
		return
	}
	if c.now.first {
		c.tally.Objects++
		c.tally.Bytes += c.now.object.Size
	}
	if c.now.first || c.now.verdict != Pass {
		c.tally.count(c.now.verdict)
	}
	if c.now.verdict != Pass {
		c.findings = append(c.findings, Finding{c.now.object.Key, c.now.object.VersionID, c.now.verdict, c.now.detail})
	}
	c.some = false
}

func (c *checker) close(err error) (Tally, []Finding, error) {
	if err := c.line.close(err); err != nil {
		return Tally{}, nil, err
	}
	c.settle()
	return c.tally, c.findings, nil
}

func (c *checker) buffer() []byte {
	select {
	case b := <-c.buffers:
		return b
	default:
		return make([]byte, chunk)
	}
}

func (c *checker) release(b []byte) {
	select {
	case c.buffers <- b:
	default:
	}
}
