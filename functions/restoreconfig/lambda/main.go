// Command lambda is the restoreconfig function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/restoreconfig"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(restoreconfig.New, (*restoreconfig.Handler).Handle) }
