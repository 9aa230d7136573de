// Command lambda is the keepverified function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/keepverified"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(keepverified.New, (*keepverified.Handler).Handle) }
