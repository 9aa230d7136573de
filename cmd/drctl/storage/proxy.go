package storage

import (
	"io"
	"net"
	"sync"
	"time"
)

// slow is a TCP proxy that delays what comes back by a time, as a far region would: the delay of a round trip.
type slow struct {
	listener net.Listener
	to       string
	delay    time.Duration
}

func startProxy(to string, delay time.Duration) (*slow, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &slow{listener: l, to: to, delay: delay}
	go p.serve()
	return p, nil
}

func (p *slow) endpoint() string { return "http://" + p.listener.Addr().String() }

func (p *slow) stop() { _ = p.listener.Close() }

func (p *slow) serve() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		go p.carry(from)
	}
}

func (p *slow) carry(from net.Conn) {
	defer func() { _ = from.Close() }()
	to, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.(*net.TCPConn).CloseWrite()
	}()
	p.late(from, to)
}

// late passes bytes on when they are old enough, however many are under way.
func (p *slow) late(to io.Writer, from io.Reader) {
	type packet struct {
		text []byte
		due  time.Time
	}
	packets := make(chan packet, 4096)
	var done sync.WaitGroup
	done.Go(func() {
		for one := range packets {
			time.Sleep(time.Until(one.due))
			_, _ = to.Write(one.text) // a broken connection shows at the next read
		}
	})
	for {
		text := make([]byte, 32<<10)
		n, err := from.Read(text)
		if n > 0 {
			packets <- packet{text[:n], time.Now().Add(p.delay)}
		}
		if err != nil {
			break
		}
	}
	close(packets)
	done.Wait()
}
