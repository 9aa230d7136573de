// Command lambda is the readiness function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/readiness"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(readiness.New, (*readiness.Handler).Handle) }
