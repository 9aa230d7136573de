// Command lambda is the scaleecs function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/scaleecs"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(scaleecs.New, (*scaleecs.Handler).Handle) }
