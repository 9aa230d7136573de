package backup

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/manifest"
)

// record is what a run writes about itself: the manifest, and the lists that the owner's scripts read.
type record struct {
	target   Target
	header   manifest.Header
	manifest *stream
	writer   *manifest.Writer
	json     *stream // path below the day -> MD5, as verify-backup-integrity.py reads it
	md5      *stream // as md5sum prints it
	day      string
	width    int    // of concurrency
	any      bool   // something is in the lists
	text     []byte // of one line, used again
}

func newRecord(ctx context.Context, target Target, header manifest.Header, width int) (*record, error) {
	r := &record{target: target, header: header, width: width, day: manifest.Day(header.Taken)}
	r.manifest = target.stream(ctx, manifest.KeyOf(header.Kind, header.Taken), "application/x-ndjson")
	if header.Kind == manifest.ApplicationData {
		r.json = target.stream(ctx, r.day+"checksums.json", "application/json")
		r.md5 = target.stream(ctx, header.Prefix+List, "text/plain; charset=utf-8")
	}
	var err error
	r.writer, err = manifest.NewWriter(r.manifest, header)
	return r, err
}

func (r *record) add(o manifest.Object) error {
	if err := r.writer.Add(o); err != nil {
		return err
	}
	if r.json == nil {
		return nil
	}
	line := ",\n"
	if !r.any {
		line = "{\n"
	}
	r.any = true
	r.text = manifest.AppendString(append(r.text[:0], line...), o.Key[len(r.day):])
	r.text = append(append(append(r.text, `: "`...), o.MD5...), '"')
	if _, err := r.json.Write(r.text); err != nil {
		return err
	}
	_, err := io.WriteString(r.md5, sumLine(o.MD5, o.Key[len(r.header.Prefix):]))
	return err
}

// sumLine is a line as md5sum writes and reads it: with a backslash in front when the name is escaped.
// https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html
func sumLine(sum, name string) string {
	escaped := escape.Replace(name)
	if escaped != name {
		return `\` + sum + "  " + escaped + "\n"
	}
	return sum + "  " + name + "\n"
}

// commit writes the manifest, last and on the condition that there is none.
func (r *record) commit(ctx context.Context, before previous) (digest, versionID string, err error) {
	if r.json != nil {
		end := "{}\n"
		if r.any {
			end = "\n}\n"
		}
		if _, err := io.WriteString(r.json, end); err != nil {
			return "", "", err
		}
		if err := r.lists(); err != nil {
			return "", "", err
		}
	}
	seal, err := r.writer.Seal()
	if err != nil {
		return "", "", err
	}
	// A point that another run made meanwhile is not in our chain: it would be left without a successor, and could
	// vanish unnoticed.
	now, err := find(ctx, r.target.Client, r.target.Bucket, r.header.Kind, r.header.Taken)
	if err != nil {
		return "", "", err
	}
	if now.Key != before.Key {
		r.abandon(ctx)
		return "", "", taken(r.target, now)
	}
	versionID, err = r.manifest.close(true)
	switch failure.Code(err) {
	case "PreconditionFailed", "ConditionalRequestConflict":
		// Ours, when the answer to a try before was lost; another run's, when not.
		out, headErr := r.target.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(r.target.Bucket), Key: aws.String(r.manifest.key)})
		if headErr != nil {
			return "", "", failure.FromAWS(headErr, "look at s3://%s/%s", r.target.Bucket, r.manifest.key)
		}
		there, sealErr := previous{Key: r.manifest.key, Version: aws.ToString(out.VersionId)}.sealed(ctx, r.target.Client, r.target.Bucket)
		if sealErr != nil {
			return "", "", sealErr
		}
		if there.Digest != seal.Digest {
			return "", "", taken(r.target, there)
		}
		return seal.Digest, there.Version, nil
	}
	return seal.Digest, versionID, err
}

// lists ends both lists, side by side where that is allowed.
func (r *record) lists() error {
	line := newOrdered(r.json.ctx, r.width, func(struct{}) error { return nil })
	var err error
	for _, list := range []*stream{r.json, r.md5} {
		if err == nil {
			err = line.do(func(context.Context) (struct{}, error) {
				_, err := list.close(false)
				return struct{}{}, err
			})
		}
	}
	return line.close(err)
}

// abandon lets go of what was begun.
func (r *record) abandon(ctx context.Context) {
	for _, s := range []*stream{r.manifest, r.json, r.md5} {
		if s != nil {
			s.abandon(ctx)
		}
	}
}
