// Package health asks a region's endpoint whether it serves, and gives one of three answers.
//
// It takes nothing for health that does not literally say so, and nothing for a failure that could be a mistake of the
// question: a redirect, a 404 or a page that is no health answer is unknown.
package health

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/acso/disaster-recovery/internal/platform"
)

// Verdict is what a vantage point says about a region.
type Verdict string

// The verdicts.
const (
	Serving Verdict = "serving"
	Down    Verdict = "down"
	Unknown Verdict = "unknown"
)

// Answer is what the endpoint said.
type Answer struct {
	Verdict  Verdict
	Detail   string
	Region   string            // that answered, when it said so
	Services map[string]string // their own words, by service
}

// bodyLimit is the size in bytes of the largest answer that is read.
const bodyLimit = 64 << 10

// Ask sends one GET to https://name/path with the host as Host header and SNI, bounded by limit.
func Ask(ctx context.Context, p platform.Platform, name, host, path string, limit time.Duration) Answer {
	ctx, cancel := p.Clock.WithTimeout(ctx, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+name+path, http.NoBody)
	if err != nil {
		return Answer{Verdict: Unknown, Detail: err.Error()}
	}
	request.Host = host
	response, err := p.HTTP.RoundTrip(request)
	if err != nil {
		return Answer{Verdict: Down, Detail: "no answer: " + err.Error()}
	}
	defer func() { _ = response.Body.Close() }() // the answer was read or given up; nothing follows from a failed close
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return Answer{Verdict: Down, Detail: "the answer broke off: " + err.Error()}
	}
	return Judge(response.StatusCode, body)
}

// Judge reads an answer.
func Judge(status int, body []byte) Answer {
	var said struct {
		Status   string            `json:"status"`
		Region   string            `json:"region"`
		Services map[string]string `json:"services"`
	}
	parsed := json.Unmarshal(body, &said) == nil // other fields are the application's own
	answer := Answer{Verdict: Unknown, Region: said.Region, Services: said.Services}
	switch {
	case status >= 500:
		answer.Verdict, answer.Detail = Down, fmt.Sprintf("answered %d %s", status, said.Status)
	case status != http.StatusOK:
		answer.Detail = fmt.Sprintf("answered %d, which says nothing about health", status)
	case !parsed:
		answer.Detail = "answered 200 with something that is no health answer"
	case said.Status == "healthy":
		answer.Verdict, answer.Detail = Serving, "answered 200 healthy"
	case said.Status == "unhealthy":
		answer.Verdict, answer.Detail = Down, "answered 200 unhealthy"
	default:
		answer.Detail = fmt.Sprintf("answered 200 with status %q, which is neither healthy nor unhealthy", said.Status)
	}
	return answer
}
