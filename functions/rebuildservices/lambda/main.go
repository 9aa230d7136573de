// Command lambda is the rebuildservices function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/rebuildservices"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(rebuildservices.New, (*rebuildservices.Handler).Handle) }
