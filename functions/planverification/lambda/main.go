// Command lambda is the planverification function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/planverification"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(planverification.New, (*planverification.Handler).Handle) }
