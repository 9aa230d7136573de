// Command lambda is the failbacklock function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/failbacklock"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(failbacklock.New, (*failbacklock.Handler).Handle) }
