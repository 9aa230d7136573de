package manifest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// longestLine bounds one line in bytes: 10,000 parts, the most that S3 takes, of 67 bytes each, and a key and the target
// of a link of at most six times their length in JSON.
const longestLine = 1 << 20

// Writer writes a manifest object by object.
type Writer struct {
	out    io.Writer
	digest hash.Hash
	header Header
	seal   Seal
	last   string
	text   []byte // of one line, used again
}

// NewWriter writes the header. Format is filled in.
func NewWriter(out io.Writer, header Header) (*Writer, error) {
	header.Format = Format
	header.Taken = header.Taken.UTC()
	if err := header.check(); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	w := &Writer{out: out, digest: sha256.New(), header: header}
	return w, w.line(header)
}

// Add writes the next object. Keys ascend.
func (w *Writer) Add(o Object) error {
	o.Modified = o.Modified.UTC()
	if err := o.check(w.header, w.last); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if !utf8.ValidString(o.Key) || !utf8.ValidString(o.VersionID) {
		return fmt.Errorf("write manifest: key %.80q is not UTF-8", o.Key)
	}
	w.last = o.Key
	w.seal.Objects++
	w.seal.Bytes += o.Size
	w.text = append(appendObject(w.text[:0], o), '\n')
	return w.write(w.text)
}

// Delete writes that a file of the point before is no more. Keys ascend, together with those of the objects.
func (w *Writer) Delete(d Deletion) error {
	d.Noticed = d.Noticed.UTC()
	if err := w.header.checkKey(d.Key, w.last); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	w.last = d.Key
	w.seal.Deleted++
	return w.line(d)
}

// Directory writes a folder. Keys ascend, together with those of the objects.
func (w *Writer) Directory(f Directory) error {
	if err := f.check(w.header, w.last); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	w.last = f.Key
	w.seal.Folders++
	return w.line(f)
}

// Unread writes that a file could not be read. Keys ascend, together with those of the objects.
func (w *Writer) Unread(u Unread) error {
	if err := w.header.checkKey(u.Key, w.last); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	u.Why = strings.ToValidUTF8(u.Why, "?")
	w.last = u.Key
	w.seal.Unread++
	return w.line(u)
}

// Seal ends the manifest. Nothing may be added afterwards.
func (w *Writer) Seal() (Seal, error) {
	w.seal.Digest = hex.EncodeToString(w.digest.Sum(nil))
	return w.seal, w.line(w.seal)
}

func (w *Writer) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return w.write(append(text, '\n'))
}

func (w *Writer) write(text []byte) error {
	w.digest.Write(text)
	if _, err := w.out.Write(text); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// Reader reads a manifest object by object. What it gave counts only once Next has returned io.EOF: only then is the
// seal known to fit.
type Reader struct {
	Header Header
	Seal   Seal // after io.EOF

	// What stands between the objects is told here, when set, before Next gives the object that comes after it.
	OnDeletion func(Deletion)
	OnUnread   func(Unread)
	OnFolder   func(Directory)

	in     *bufio.Scanner
	digest hash.Hash
	count  Seal
	last   string
	done   bool
	raw    []byte
	offset int64 // behind raw
}

// Line is the line of the object that Next gave last, until its next call, and where it begins in the manifest, in bytes.
func (r *Reader) Line() (text []byte, offset int64) { return r.raw, r.offset - int64(len(r.raw)) }

// NewReader reads the header.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewScanner(in), digest: sha256.New()}
	r.in.Buffer(nil, longestLine)
	r.in.Split(wholeLines)
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	if err := strict(line, &r.Header); err != nil {
		return nil, fmt.Errorf("read manifest: header: %w", err)
	}
	if err := r.Header.check(); err != nil {
		return nil, fmt.Errorf("read manifest: header: %w", err)
	}
	r.digest.Write(line)
	return r, nil
}

// Next gives the next object, or io.EOF when the seal was read and fits what came before it.
func (r *Reader) Next() (Object, error) {
	for !r.done {
		line, err := r.line()
		if err != nil {
			return Object{}, err
		}
		switch {
		case bytes.HasPrefix(line, []byte(`{"objects":`)):
			return Object{}, r.end(line)
		case bytes.HasPrefix(line, []byte(`{"deleted":`)):
			err = r.deletion(line)
		case bytes.HasPrefix(line, []byte(`{"unread":`)):
			err = r.unread(line)
		case bytes.HasPrefix(line, []byte(`{"folder":`)):
			err = r.folder(line)
		default:
			return r.object(line)
		}
		if err != nil {
			return Object{}, fmt.Errorf("read manifest: after object %d: %w", r.count.Objects, err)
		}
	}
	return Object{}, io.EOF
}

func (r *Reader) object(line []byte) (Object, error) {
	o, err := DecodeObject(line, r.Header, r.last)
	if err == nil && r.count.Bytes > math.MaxInt64-o.Size {
		err = errors.New("the sizes exceed any storage")
	}
	if err != nil {
		return Object{}, fmt.Errorf("read manifest: object %d: %w", r.count.Objects+1, err)
	}
	r.digest.Write(line)
	r.last = o.Key
	r.count.Objects++
	r.count.Bytes += o.Size
	return o, nil
}

// DecodeObject reads the line of one object, which comes after the key before ("" for none).
func DecodeObject(line []byte, header Header, before string) (Object, error) {
	o, ok := scan(line)
	if !ok {
		o = Object{}
		if err := strict(line, &o); err != nil {
			return Object{}, err
		}
	}
	return o, o.check(header, before)
}

func (r *Reader) deletion(line []byte) error {
	var d Deletion
	if err := strict(line, &d); err != nil {
		return err
	}
	if err := r.Header.checkKey(d.Key, r.last); err != nil {
		return err
	}
	r.digest.Write(line)
	r.last = d.Key
	r.count.Deleted++
	if r.OnDeletion != nil {
		r.OnDeletion(d)
	}
	return nil
}

func (r *Reader) unread(line []byte) error {
	var u Unread
	if err := strict(line, &u); err != nil {
		return err
	}
	if err := r.Header.checkKey(u.Key, r.last); err != nil {
		return err
	}
	r.digest.Write(line)
	r.last = u.Key
	r.count.Unread++
	if r.OnUnread != nil {
		r.OnUnread(u)
	}
	return nil
}

func (r *Reader) folder(line []byte) error {
	var f Directory
	if err := strict(line, &f); err != nil {
		return err
	}
	if err := f.check(r.Header, r.last); err != nil {
		return err
	}
	r.digest.Write(line)
	r.last = f.Key
	r.count.Folders++
	if r.OnFolder != nil {
		r.OnFolder(f)
	}
	return nil
}

func (r *Reader) end(line []byte) error {
	if err := strict(line, &r.Seal); err != nil {
		return fmt.Errorf("read manifest: seal: %w", err)
	}
	r.count.Digest = hex.EncodeToString(r.digest.Sum(nil))
	if r.Seal != r.count {
		return fmt.Errorf("read manifest: it was altered: it is sealed as %+v and holds %+v", r.Seal, r.count)
	}
	if r.in.Scan() || r.in.Err() != nil {
		return errors.New("read manifest: something follows the seal")
	}
	r.done = true
	return io.EOF
}

func (r *Reader) line() ([]byte, error) {
	if !r.in.Scan() {
		if err := r.in.Err(); err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		return nil, errors.New("read manifest: it ends without a seal: it was cut off")
	}
	r.raw = r.in.Bytes()
	r.offset += int64(len(r.raw))
	return r.raw, nil
}

// wholeLines splits after line feeds and keeps them, since the digest covers them.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if at := bytes.IndexByte(data, '\n'); at >= 0 {
		return at + 1, data[:at+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errors.New("the last line does not end: it was cut off")
	}
	return 0, nil, nil
}

func strict(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("more than one value on a line")
	}
	return nil
}
