// Command lambda is the incident function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/incident"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(incident.New, (*incident.Handler).Handle) }
