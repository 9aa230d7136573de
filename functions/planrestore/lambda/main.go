// Command lambda is the planrestore function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/planrestore"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(planrestore.New, (*planrestore.Handler).Handle) }
