// Command lambda is the watchbackups function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/watchbackups"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(watchbackups.New, (*watchbackups.Handler).Handle) }
