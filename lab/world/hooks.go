package world

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/functions/escalate"
	"github.com/acso/disaster-recovery/lab/sim"
)

// Hooks are the endpoints outside of AWS that take signed messages: chats, pagers and the status page.
type Hooks struct {
	Down     []string // addresses that answer 503
	Silent   []string // addresses that take a message and answer its first attempt with nothing
	Received []Hook
	Repeated int // messages that were dropped, since their key was taken before

	world *World
}

// Hook is one message that an endpoint took.
type Hook struct {
	At  time.Time
	URL string
	escalate.Post
}

// An endpoint answers within this time: a guess, since they are anybody's.
const hookLow, hookHigh = 100 * time.Millisecond, 900 * time.Millisecond

type hookTransport struct {
	hooks  *Hooks
	region string
	next   http.RoundTripper
}

func (h *Hooks) transport(region string, next http.RoundTripper) http.RoundTripper {
	return hookTransport{h, region, next}
}

// RoundTrip answers for the endpoints and lets every other request pass.
func (t hookTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	secret, known := t.secret(request.URL)
	if !known {
		return t.next.RoundTrip(request)
	}
	h := t.hooks
	sim.Sleep(request.Context(), h.world.Sim.Between("hook", hookLow, hookHigh))
	if !h.world.Cloud.Alive(t.region) {
		sim.Die(request.Context())
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	status := http.StatusAccepted
	var post escalate.Post
	switch signed := escalate.Signature(secret, request.Header.Get(escalate.TimeHeader), body); {
	case slices.Contains(h.Down, request.URL.String()):
		status = http.StatusServiceUnavailable
	case request.Header.Get(escalate.SignatureHeader) != signed:
		status = http.StatusUnauthorized
	case json.Unmarshal(body, &post) != nil, post.ID != request.Header.Get(escalate.KeyHeader):
		status = http.StatusBadRequest
	case slices.ContainsFunc(h.Received, func(had Hook) bool { return had.ID == post.ID }):
		h.Repeated++
	default:
		h.Received = append(h.Received, Hook{At: h.world.Sim.Now(), URL: request.URL.String(), Post: post})
		if slices.Contains(h.Silent, request.URL.String()) {
			left, _ := h.world.Sim.Remaining(request.Context())
			sim.Sleep(request.Context(), left)
			return nil, context.DeadlineExceeded
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status, Request: request,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")),
	}, nil
}

// secret is what the endpoint of an address verifies signatures with: what the active region's configuration says.
func (t hookTransport) secret(address *url.URL) (string, bool) {
	e := t.hooks.world.Env
	for _, endpoint := range e.Endpoints() {
		if endpoint.URL == address.String() {
			return t.hooks.world.SSM.Value(e.Regions.Primary, e.Parameters+"/"+endpoint.Secret)
		}
	}
	return "", false
}
