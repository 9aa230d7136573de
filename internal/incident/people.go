package incident

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// People is what people added to the record of an incident: what they did by themselves, and what they learned. It is an item
// of its own, since most of it comes when the incident has ended.
type People struct {
	Ticks []Tick `json:"ticks"`
	Notes []Note `json:"notes"`
}

// Tick is a line of the checklist that a person vouches for.
type Tick struct {
	Item     string    `json:"item"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Evidence string    `json:"evidence"`
}

// Note is something that a person adds to the review.
type Note struct {
	Kind string    `json:"kind"` // of internal/review
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

func peopleKey(epoch int64) string { return fmt.Sprintf("people#%d", epoch) }

// People is what people added to the record of an incident so far.
func (s *Store) People(ctx context.Context, epoch int64) (People, error) {
	var p People
	_, err := s.table.read(ctx, peopleKey(epoch), &p)
	return p, err
}

// AddPeople adds to it. The same again changes nothing, so that an addition whose answer was lost can be repeated.
func (s *Store) AddPeople(ctx context.Context, epoch int64, tick *Tick, note *Note) error {
	for range attempts {
		var p People
		version, err := s.table.read(ctx, peopleKey(epoch), &p)
		if err != nil || !p.add(tick, note) {
			return err
		}
		if err := s.table.write(ctx, peopleKey(epoch), version, p); !errors.Is(err, errConflict) {
			return err
		}
	}
	return contended(peopleKey(epoch))
}

func (p *People) add(tick *Tick, note *Note) bool {
	changed := false
	if tick != nil && !p.ticked(*tick) {
		p.Ticks, changed = append(p.Ticks, *tick), true
	}
	if note != nil && !p.noted(*note) {
		p.Notes, changed = append(p.Notes, *note), true
	}
	return changed
}

func (p *People) ticked(t Tick) bool {
	for _, had := range p.Ticks {
		if had.Item == t.Item && had.By == t.By && had.Evidence == t.Evidence {
			return true
		}
	}
	return false
}

func (p *People) noted(n Note) bool {
	for _, had := range p.Notes {
		if had.Kind == n.Kind && had.Text == n.Text {
			return true
		}
	}
	return false
}
