// Command lambda is the returnconfig function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/returnconfig"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(returnconfig.New, (*returnconfig.Handler).Handle) }
