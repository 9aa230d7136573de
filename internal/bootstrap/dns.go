package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"
)

// authority asks the zone's own name servers, past every cache: what they answer is where new clients go.
type authority struct {
	name    string   // fully qualified; its zone is it or a parent of it
	servers []string // addresses with port, once they were found
}

// CNAME is the target that the name's record answers with now.
func (a *authority) CNAME(ctx context.Context, name string) (string, error) {
	answer, err := a.ask(ctx, name, dns.TypeCNAME)
	if err != nil {
		return "", err
	}
	for _, record := range answer {
		if cname, ok := record.(*dns.CNAME); ok {
			return strings.TrimSuffix(cname.Target, "."), nil
		}
	}
	return "", fmt.Errorf("%s has no CNAME record", name)
}

// TXT is the text that the name's record answers with now.
func (a *authority) TXT(ctx context.Context, name string) (string, error) {
	answer, err := a.ask(ctx, name, dns.TypeTXT)
	if err != nil {
		return "", err
	}
	for _, record := range answer {
		if txt, ok := record.(*dns.TXT); ok {
			return strings.Join(txt.Txt, ""), nil
		}
	}
	return "", fmt.Errorf("%s has no TXT record", name)
}

// ask tries the servers in turn: Route 53 gives a zone four, in four top-level domains.
func (a *authority) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if len(a.servers) == 0 {
		if err := a.find(ctx); err != nil {
			return nil, err
		}
	}
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(name), kind)
	question.RecursionDesired = false
	var failures []error
	for _, server := range a.servers {
		answer, _, err := new(dns.Client).ExchangeContext(ctx, question, server)
		switch {
		case err != nil:
			failures = append(failures, err)
		case !answer.Authoritative || answer.Rcode != dns.RcodeSuccess:
			failures = append(failures, fmt.Errorf("%s answers %s, authoritative: %t", server, dns.RcodeToString[answer.Rcode], answer.Authoritative))
		default:
			return answer.Answer, nil
		}
	}
	return nil, fmt.Errorf("ask the name servers above %s for %s: %w", a.name, name, errors.Join(failures...))
}

// find looks up the name servers of the closest zone above the name, once a process.
func (a *authority) find(ctx context.Context) error {
	labels := dns.SplitDomainName(a.name)
	var last error
	for from := range labels {
		hosts, err := net.DefaultResolver.LookupNS(ctx, dns.Fqdn(strings.Join(labels[from:], ".")))
		if err != nil {
			last = err
			continue
		}
		for _, host := range hosts {
			a.servers = append(a.servers, net.JoinHostPort(strings.TrimSuffix(host.Host, "."), "53"))
		}
		if len(a.servers) > 0 {
			return nil
		}
	}
	return fmt.Errorf("find the name servers above %s: %w", a.name, last)
}
