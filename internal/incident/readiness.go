package incident

import (
	"context"
	"errors"
)

// ReadinessKey is the item that a readiness evaluation leaves for the next one.
const ReadinessKey = "readiness"

// Remember keeps a document of one kind: what was kept last is read into last, and what next makes of it is kept. Two
// writers at once do not overwrite each other: the second one reads again.
func (s *Store) Remember(ctx context.Context, key string, last any, next func() any) error {
	for range attempts {
		version, err := s.table.read(ctx, key, last)
		if err != nil {
			return err
		}
		if err := s.table.write(ctx, key, version, next()); !errors.Is(err, errConflict) {
			return err
		}
	}
	return contended(key)
}

// Recall reads what Remember kept last; it leaves the document as it is when there is none.
func (s *Store) Recall(ctx context.Context, key string, last any) error {
	_, err := s.table.read(ctx, key, last)
	return err
}
