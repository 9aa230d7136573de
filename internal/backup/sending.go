package backup

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// sending is a large object on its way.
type sending struct {
	run        *run
	up         *upload
	object     *manifest.Object // Size and Parts grow with it
	whole, old hash.Hash        // SHA-256 and MD5 of all of it
	size       int64            // of the file, as it was opened
}

// parts reads, hashes and sends. With a concurrency of 1 each part is sent before the next is read.
func (s *sending) parts(ctx context.Context, body io.Reader) error {
	r, o := s.run, s.object
	var under sync.WaitGroup
	var mu sync.Mutex
	var failed error
	defer under.Wait()
	part := sha256.New()
	for n := int32(len(o.Parts)) + 1; ; n++ { // #nosec G115 -- at most 10,000
		if o.Size > 0 && o.Size < s.size && r.options.late() {
			if under.Wait(); failed != nil {
				return failed
			}
			return errLate
		}
		buffer, err := r.memory.take(ctx, o.PartSize)
		if err != nil {
			return err
		}
		size, err := io.ReadFull(body, buffer)
		if size == 0 || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			r.memory.give(buffer)
			if errors.Is(err, io.EOF) {
				break
			}
			return sourceError{err}
		}
		if n > mostParts {
			r.memory.give(buffer)
			return errShifting // it grew beyond what its size promised
		}
		text := buffer[:size]
		part.Reset()
		digest(text, s.old, s.whole, part)
		sum := part.Sum(nil)
		o.Size += int64(size)
		o.Parts = append(o.Parts, hex.EncodeToString(sum))
		checksum := base64.StdEncoding.EncodeToString(sum)
		mu.Lock() // a part that is under way writes into the list, which grows here
		s.up.etags = append(s.up.etags, "")
		mu.Unlock()
		send := func() error {
			defer r.memory.give(buffer)
			etag, err := s.up.part(ctx, n, text, checksum)
			mu.Lock()
			defer mu.Unlock()
			s.up.etags[n-1] = etag
			failed = errors.Join(failed, err)
			return failed
		}
		if r.options.Concurrency > 1 {
			mu.Lock()
			err = failed
			mu.Unlock()
			if err == nil {
				under.Go(func() { _ = send() }) // its error is in failed
			} else {
				r.memory.give(buffer)
			}
		} else {
			err = send()
		}
		if err != nil {
			return err
		}
	}
	under.Wait()
	s.done()
	return failed
}

func (s *sending) done() {
	s.object.SHA256, s.object.MD5 = hex.EncodeToString(s.whole.Sum(nil)), hex.EncodeToString(s.old.Sum(nil))
}

// stream sends parts that are larger than the memory while they are read. A part that does not get through is read again
// where the source can go back.
func (s *sending) stream(ctx context.Context, body io.Reader) error {
	o := s.object
	for o.Size < s.size {
		if o.Size > 0 && s.run.options.late() {
			return errLate
		}
		state, err := s.state()
		if err != nil {
			return err
		}
		want, sum, etag := min(o.PartSize, s.size-o.Size), sha256.New(), ""
		for again := 0; ; again++ {
			sum.Reset()
			counted := &counter{from: io.TeeReader(io.LimitReader(body, want), io.MultiWriter(sum, s.whole, s.old))}
			etag, err = s.up.flow(ctx, int32(len(o.Parts))+1, counted, want) // #nosec G115 -- at most 10,000
			if err == nil && counted.read == want {
				break
			}
			if err == nil || counted.read < want && counted.failed != nil {
				return errors.Join(errShifting, counted.failed) // the file got shorter, or cannot be read
			}
			back, ok := body.(io.Seeker)
			if !ok || again == rereads || !failure.Is(err, failure.Unavailable) {
				return err
			}
			if _, err := back.Seek(o.Size, io.SeekStart); err != nil {
				return sourceError{err}
			}
			if err := s.restore(state); err != nil {
				return err
			}
		}
		o.Size += want
		o.Parts, s.up.etags = append(o.Parts, hex.EncodeToString(sum.Sum(nil))), append(s.up.etags, etag)
	}
	s.done()
	return nil
}

// counter counts what is read, and keeps why it ended when that was no end of file.
type counter struct {
	from   io.Reader
	read   int64
	failed error
}

// Read is io.Reader's.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}

// state is what the digests of the whole have taken in so far.
func (s *sending) state() (state [2][]byte, err error) {
	for i, h := range []hash.Hash{s.whole, s.old} {
		m, ok := h.(encoding.BinaryMarshaler)
		if !ok {
			return state, failure.New(failure.Internal, "store "+s.object.Key, "a digest cannot be put aside")
		}
		if state[i], err = m.MarshalBinary(); err != nil {
			return state, fmt.Errorf("store %s: put a digest aside: %w", s.object.Key, err)
		}
	}
	return state, nil
}

func (s *sending) restore(state [2][]byte) error {
	for i, h := range []hash.Hash{s.whole, s.old} {
		m, ok := h.(encoding.BinaryUnmarshaler)
		if !ok {
			return failure.New(failure.Internal, "store "+s.object.Key, "a digest cannot be taken up again")
		}
		if err := m.UnmarshalBinary(state[i]); err != nil {
			return fmt.Errorf("store %s: take a digest up again: %w", s.object.Key, err)
		}
	}
	return nil
}

// half is what another run needs to go on.
func (s *sending) half(f File) (partial, error) {
	state, err := s.state()
	return partial{
		Path: f.Path, Size: f.Size, Modified: f.Modified, Upload: *s.up.id, PartSize: s.object.PartSize, ETags: s.up.etags,
		Parts: s.object.Parts, Read: s.object.Size, SHA256: state[0], MD5: state[1],
	}, err
}

// goOn takes up what another run left.
func (s *sending) goOn(p partial) error {
	s.up = &upload{target: s.run.target, key: s.object.Key, id: &p.Upload, etags: p.ETags}
	s.object.PartSize, s.object.Parts, s.object.Size = p.PartSize, p.Parts, p.Read
	return s.restore([2][]byte{p.SHA256, p.MD5})
}
