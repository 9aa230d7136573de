// Command lambda is the rebuildreplica function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/rebuildreplica"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(rebuildreplica.New, (*rebuildreplica.Handler).Handle) }
