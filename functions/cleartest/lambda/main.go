// Command lambda is the cleartest function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/cleartest"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(cleartest.New, (*cleartest.Handler).Handle) }
