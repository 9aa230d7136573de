// Command lambda is the comparefiles function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/comparefiles"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(comparefiles.New, (*comparefiles.Handler).Handle) }
