// Command lambda is the probe function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/probe"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(probe.New, (*probe.Handler).Handle) }
