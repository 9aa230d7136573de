// Command lambda is the rebuildlock function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/rebuildlock"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(rebuildlock.New, (*rebuildlock.Handler).Handle) }
