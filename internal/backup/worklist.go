package backup

import (
	"context"
	"encoding/json"
)

// WorkList is a file of JSON Lines on its way into a bucket, however long it gets: its memory is one part. It exists once it
// is closed.
type WorkList struct{ stream *stream }

// NewWorkList begins a file.
func NewWorkList(ctx context.Context, store Store, key string) *WorkList {
	return &WorkList{Target{Client: store.Client, Bucket: store.Bucket, Unversioned: true}.stream(ctx, key, "application/x-ndjson")}
}

// Add writes a line.
func (l *WorkList) Add(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = l.stream.Write(append(line, '\n'))
	return err
}

// Close makes the file, in the place of one that is there.
func (l *WorkList) Close() error {
	_, err := l.stream.close(false)
	return err
}

// Abandon lets go of what was begun.
func (l *WorkList) Abandon(ctx context.Context) { l.stream.abandon(ctx) }
