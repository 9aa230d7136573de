// Command lambda is the flipdns function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/flipdns"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(flipdns.New, (*flipdns.Handler).Handle) }
