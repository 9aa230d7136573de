// Command lambda is the restorelock function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/restorelock"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(restorelock.New, (*restorelock.Handler).Handle) }
