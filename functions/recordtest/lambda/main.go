// Command lambda is the recordtest function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/recordtest"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(recordtest.New, (*recordtest.Handler).Handle) }
