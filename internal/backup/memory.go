package backup

import (
	"context"
	"sync"
)

// memory bounds the bytes of all buffers together, and keeps those of a part for the next one: a heap whose size does
// not swing is collected seldom.
type memory struct {
	mu    sync.Mutex
	free  int64
	spare [][]byte
	wait  chan struct{} // closed and replaced when bytes come back
}

func newMemory(limit int64) *memory { return &memory{free: limit, wait: make(chan struct{})} }

// take gives a buffer of n bytes, when there is room.
func (m *memory) take(ctx context.Context, n int64) ([]byte, error) {
	for {
		m.mu.Lock()
		if m.free >= n {
			m.free -= n
			b := m.fitting(n)
			m.mu.Unlock()
			return b, nil
		}
		wait := m.wait
		m.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (m *memory) fitting(n int64) []byte {
	for i := len(m.spare) - 1; i >= 0; i-- {
		if b := m.spare[i]; int64(cap(b)) >= n && int64(cap(b)) <= 2*n+4096 {
			m.spare = append(m.spare[:i], m.spare[i+1:]...)
			return b[:n]
		}
	}
	return make([]byte, n)
}

// give takes a buffer of take back.
func (m *memory) give(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free += int64(len(b))
	const spares = 16
	if len(m.spare) == spares {
		m.spare = m.spare[1:]
	}
	m.spare = append(m.spare, b)
	close(m.wait)
	m.wait = make(chan struct{})
}
