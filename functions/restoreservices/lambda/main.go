// Command lambda is the restoreservices function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/restoreservices"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(restoreservices.New, (*restoreservices.Handler).Handle) }
