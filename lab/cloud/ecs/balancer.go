package ecs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Latency of one HTTPS request. Guesses; the distance between regions is that of the seam.
const (
	requestLow, requestHigh = 5 * time.Millisecond, 40 * time.Millisecond
	betweenRegions          = 60 * time.Millisecond
	unbounded               = 30 * time.Second // how long a client waits for packets that go nowhere when nothing bounds it
)

// Serves tells whether a region serves users: every critical service has a healthy task and its database takes writes.
// It says nothing about who reaches the region.
func (s *Service) Serves(regionName string) bool {
	r := s.regions[regionName]
	return r.up() && s.databases.Writable(regionName, s.databases.Instance(regionName, r.database)) && s.cloud.Alive(regionName)
}

// Answers tells whether something at from gets the answer healthy from a region.
func (s *Service) Answers(from, regionName string) bool {
	return s.cloud.Reachable(from, regionName) && s.Serves(regionName)
}

func (r *region) up() bool {
	for _, w := range r.workload {
		if w.Critical && w.Healthy() == 0 {
			return false
		}
	}
	return len(r.workload) > 0
}

// The ways in which a region does not take a client's row; those of the database are in package rds.
var (
	ErrUnreachable = errors.New("the region does not answer")
	ErrUnhealthy   = errors.New("the load balancer answers 503: no healthy task")
)

// Write has a service of a region write a client's numbered row to the region's database. It does not park.
func (s *Service) Write(from, regionName string, client int32, number int64) (rds.Receipt, *rds.Instance, error) {
	if !s.cloud.Reachable(from, regionName) {
		return rds.Receipt{}, nil, ErrUnreachable
	}
	r := s.regions[regionName]
	if !r.up() {
		return rds.Receipt{}, nil, ErrUnhealthy
	}
	i := s.databases.Instance(regionName, r.database)
	if i == nil {
		return rds.Receipt{}, nil, rds.ErrRefused
	}
	receipt, err := s.databases.Write(regionName, i, client, number)
	return receipt, i, err
}

// RegionOf is the region whose endpoint a name is, directly or through the place's resolver; ok is false for a name that
// does not resolve.
func (s *Service) RegionOf(from, host string) (regionName string, ok bool) {
	for range 3 { // a CNAME to a region's own name is one step
		if regionName, ok = s.balancers[host]; ok {
			return regionName, true
		}
		if host, ok = s.names.CNAME(from, host); !ok {
			return "", false
		}
	}
	return "", false
}

// Transport sends requests from a place: a region, cloud.Clients or cloud.Checkers.
func (s *Service) Transport(from string) http.RoundTripper { return transport{s, from} }

type transport struct {
	s    *Service
	from string
}

// RoundTrip answers GET on the health path as the services do: 200 and healthy, or 503 and unhealthy. Both load balancers accept
// the public name as Host; every other path is a 404 of the load balancer.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	s, ctx := t.s, request.Context()
	host := request.URL.Hostname()
	took := s.sim.Between("https", requestLow, requestHigh)
	regionName, ok := s.RegionOf(t.from, host)
	if ok && regionName != t.from {
		took += betweenRegions
	}
	sim.Sleep(ctx, took)
	if s.regions[t.from] != nil && !s.cloud.Alive(t.from) {
		sim.Die(ctx)
	}
	if !ok {
		return nil, fmt.Errorf("dial tcp: lookup %s: no such host", host)
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if !s.cloud.Reachable(t.from, regionName) {
		return nil, s.hang(ctx, host)
	}
	if request.Host != "" && !s.accepts(request.Host) {
		return answer(request, http.StatusNotFound, `{"message":"no rule for this host"}`), nil
	}
	if request.Method != http.MethodGet || request.URL.Path != s.HealthPath {
		return answer(request, http.StatusNotFound, `{"message":"not found"}`), nil
	}
	status, body := s.Health(regionName)
	return answer(request, status, body), nil
}

func (s *Service) hang(ctx context.Context, host string) error {
	wait := unbounded
	if left, ok := s.sim.Remaining(ctx); ok && left < wait {
		wait = max(0, left)
	}
	sim.Sleep(ctx, wait)
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("dial tcp %s:443: %w", host, err)
	}
	return fmt.Errorf("dial tcp %s:443: i/o timeout", host)
}

// accepts tells whether a load balancer has a rule for the host: a region's own name, or a name that leads to one.
func (s *Service) accepts(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	_, ok := s.RegionOf(cloud.Clients, name)
	return ok
}

// Health is what the health path of a region answers.
func (s *Service) Health(regionName string) (status int, body string) {
	r := s.regions[regionName]
	health := struct {
		Status   string            `json:"status"`
		Region   string            `json:"region"`
		Services map[string]string `json:"services"`
	}{"healthy", regionName, map[string]string{}}
	for _, w := range r.workload {
		health.Services[w.Short] = "healthy"
		if w.Healthy() == 0 {
			health.Services[w.Short] = "unhealthy"
		}
	}
	status = http.StatusOK
	if !s.Serves(regionName) {
		status, health.Status = http.StatusServiceUnavailable, "unhealthy"
	}
	text, err := json.Marshal(health)
	if err != nil {
		panic(fmt.Sprintf("lab: a health answer does not marshal: %v", err))
	}
	return status, string(text)
}

func answer(request *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: request,
	}
}
