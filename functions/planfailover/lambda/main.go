// Command lambda is the planfailover function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/planfailover"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(planfailover.New, (*planfailover.Handler).Handle) }
