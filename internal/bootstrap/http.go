package bootstrap

import (
	"crypto/tls"
	"net"
	"net/http"
)

// endpoints sends each request with the Host header's name as SNI, as a client of the public name does: the certificate
// that is checked is then the one that clients will get. net/http alone would use the name in the URL.
//
// It keeps no connection: a probe that reuses one does not see that new ones fail.
type endpoints struct{}

// RoundTrip sends one request. Redirects are answers, not followed.
func (*endpoints) RoundTrip(request *http.Request) (*http.Response, error) {
	host := request.Host
	if host == "" {
		host = request.URL.Host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12},
	}
	return transport.RoundTrip(request)
}
