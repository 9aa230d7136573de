// Command lambda is the reopen function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/reopen"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(reopen.New, (*reopen.Handler).Handle) }
