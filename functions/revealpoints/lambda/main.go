// Command lambda is the revealpoints function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/revealpoints"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(revealpoints.New, (*revealpoints.Handler).Handle) }
