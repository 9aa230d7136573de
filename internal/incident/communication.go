package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Acknowledgement is who took over telling people, and when.
type Acknowledgement struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Communication is what was told to whom about an incident. It is an item of its own beside the incident, so that telling
// people never stands in the way of recovering.
type Communication struct {
	Epoch    int64     `json:"epoch"`
	Messages []Message `json:"messages"`
	EndedAt  time.Time `json:"endedAt,omitzero"` // nothing more is told
	EndedBy  string    `json:"endedBy,omitempty"`

	version int64
}

// Message is one message, to one or more roles. It is written down with its deliveries pending before it is sent.
type Message struct {
	At         time.Time  `json:"at"`
	Subject    string     `json:"subject"`
	Body       string     `json:"body"`
	Status     string     `json:"status"` // investigating, identified or resolved, as status pages have it
	Public     bool       `json:"public"` // written for people outside of the company
	Facts      []string   `json:"facts"`  // what it said: the next one says what is new beside it
	NextAt     time.Time  `json:"nextAt,omitzero"`
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is how one role was reached, or was not.
type Delivery struct {
	Role      string    `json:"role"`
	Channel   string    `json:"channel"` // topic, webhook or status page; "" when none worked
	At        time.Time `json:"at"`
	Pending   bool      `json:"pending,omitempty"` // it is being sent; whoever was at it may have died, with the message sent or not
	Delivered bool      `json:"delivered"`
	Repeated  bool      `json:"repeated,omitempty"` // what it says may have reached the role before, and the message says so
	Attempts  int       `json:"attempts"`
	Detail    string    `json:"detail,omitempty"` // why channels failed
}

// Told tells whether a role got any message, and when it got the first.
func (c Communication) Told(role string) (time.Time, bool) {
	for _, m := range c.Messages {
		for _, d := range m.Deliveries {
			if d.Role == role && d.Delivered {
				return d.At, true
			}
		}
	}
	return time.Time{}, false
}

func communicationKey(epoch int64) string { return fmt.Sprintf("communication#%d", epoch) }

// Communication is what was told so far about an incident.
func (s *Store) Communication(ctx context.Context, epoch int64) (Communication, error) {
	c := Communication{Epoch: epoch}
	version, err := s.table.read(ctx, communicationKey(epoch), &c)
	c.version = version
	return c, err
}

// KeepCommunication writes down what was told. It fails with Unavailable when somebody else wrote since it was read.
func (s *Store) KeepCommunication(ctx context.Context, c Communication) (Communication, error) {
	err := s.table.write(ctx, communicationKey(c.Epoch), c.version, c)
	if errors.Is(err, errConflict) {
		return c, failure.New(failure.Unavailable, fmt.Sprintf("write down what was told about incident %d", c.Epoch), "another execution wrote first").Next("read it again")
	}
	if err == nil {
		c.version++
	}
	return c, err
}
