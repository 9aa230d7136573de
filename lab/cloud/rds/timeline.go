package rds

import (
	"sort"
	"strconv"
	"time"
)

// Timeline is the history of one writer, as PostgreSQL calls it: append-only, in commit order. A promotion, a snapshot and
// a restore are a cut in it, so none of them copies data.
type Timeline struct {
	ID     string // unique in the world: the resource id of the writer and a number
	parent *Timeline
	cut    time.Time // what of the parent belongs to this timeline: commits up to here

	rows       []clientRow
	last       []int64 // newest own number of each client
	heartbeats []beat
	canaries   []canary
	newest     time.Time
	sealed     time.Time // the latest cut that was taken: what commits in the same instant, but afterwards, is beyond it
}

// firstRows is room for a quarter of an hour of five clients.
const firstRows = 4500

type clientRow struct {
	at     int64 // unix nanoseconds
	number int64
	client int32
}

type beat struct {
	committed time.Time
	newest    time.Time // the newest at of this and all earlier rows
}

type canary struct {
	committed time.Time
	name      string
	at        time.Time
}

func (s *Service) newTimeline(owner *Instance, parent *Timeline, cut time.Time) *Timeline {
	s.serial++
	t := &Timeline{ID: owner.resource + "/" + strconv.Itoa(s.serial), parent: parent, cut: cut}
	if parent != nil {
		t.newest = parent.commitBefore(cut)
		parent.seal(cut)
	}
	return t
}

func (t *Timeline) seal(cut time.Time) { t.sealed = later(t.sealed, cut) }

// commit is the time of a commit that happens now.
func (t *Timeline) commit(now time.Time) time.Time {
	if now.After(t.sealed) {
		return now
	}
	return t.sealed.Add(1)
}

func (t *Timeline) write(now time.Time, client int32, number int64) time.Time {
	now = t.commit(now)
	if t.rows == nil {
		t.rows = make([]clientRow, 0, firstRows)
	}
	t.rows = append(t.rows, clientRow{now.UnixNano(), number, client})
	for int(client) >= len(t.last) {
		t.last = append(t.last, -1)
	}
	t.last[client] = number
	t.newest = now
	return now
}

func (t *Timeline) heartbeat(now, at time.Time) {
	now = t.commit(now)
	if n := len(t.heartbeats); n > 0 && t.heartbeats[n-1].newest.After(at) {
		at = t.heartbeats[n-1].newest
	}
	t.heartbeats = append(t.heartbeats, beat{now, at})
	t.newest = now
}

func (t *Timeline) canary(now time.Time, name string, at time.Time) {
	now = t.commit(now)
	t.canaries = append(t.canaries, canary{now, name, at})
	t.newest = now
}

// lastHeartbeat is the newest heartbeat among the commits up to through.
func (t *Timeline) lastHeartbeat(through time.Time) (newest time.Time) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		n := sort.Search(len(t.heartbeats), func(i int) bool { return t.heartbeats[i].committed.After(through) })
		if n > 0 && t.heartbeats[n-1].newest.After(newest) {
			newest = t.heartbeats[n-1].newest
		}
	}
	return newest
}

func (t *Timeline) readCanary(through time.Time, name string) (time.Time, bool) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		for i := len(t.canaries) - 1; i >= 0; i-- {
			if c := &t.canaries[i]; c.name == name && !c.committed.After(through) {
				return c.at, true
			}
		}
	}
	return time.Time{}, false
}

// lastRow is the newest number of a client among the commits up to through, or -1.
func (t *Timeline) lastRow(through time.Time, client int32) int64 {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		if int(client) < len(t.last) && t.last[client] >= 0 && !t.newest.After(through) {
			return t.last[client]
		}
		for i := len(t.rows) - 1; i >= 0; i-- {
			if r := &t.rows[i]; r.client == client && r.at <= through.UnixNano() {
				return r.number
			}
		}
	}
	return -1
}

// count is how many client rows there are among the commits up to through.
func (t *Timeline) count(through time.Time) (n int) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		at := through.UnixNano()
		n += sort.Search(len(t.rows), func(i int) bool { return t.rows[i].at > at })
	}
	return n
}

// transactions is how many commits there are up to through, of clients and of others.
func (t *Timeline) transactions(through time.Time) (n int64) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		at := through.UnixNano()
		n += int64(sort.Search(len(t.rows), func(i int) bool { return t.rows[i].at > at }))
		n += int64(sort.Search(len(t.heartbeats), func(i int) bool { return t.heartbeats[i].committed.After(through) }))
		n += int64(sort.Search(len(t.canaries), func(i int) bool { return t.canaries[i].committed.After(through) }))
	}
	return n
}

// holds tells whether a commit on the timeline written belongs to the commits up to through on this one.
func (t *Timeline) holds(through time.Time, written *Timeline, at time.Time) bool {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		if t == written {
			return !at.After(through)
		}
	}
	return false
}

// commitBefore is the time of the newest commit up to through, or zero.
func (t *Timeline) commitBefore(through time.Time) (newest time.Time) {
	if !t.newest.After(through) {
		return t.newest
	}
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		at := through.UnixNano()
		if n := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].at > at }); n > 0 {
			newest = later(newest, time.Unix(0, t.rows[n-1].at).UTC())
		}
		if n := sort.Search(len(t.heartbeats), func(i int) bool { return t.heartbeats[i].committed.After(through) }); n > 0 {
			newest = later(newest, t.heartbeats[n-1].committed)
		}
		if n := sort.Search(len(t.canaries), func(i int) bool { return t.canaries[i].committed.After(through) }); n > 0 {
			newest = later(newest, t.canaries[n-1].committed)
		}
	}
	return newest
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
