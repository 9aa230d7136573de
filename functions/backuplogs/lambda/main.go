// Command lambda is the backuplogs function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/backuplogs"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(backuplogs.New, (*backuplogs.Handler).Handle) }
