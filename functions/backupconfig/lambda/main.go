// Command lambda is the backupconfig function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/backupconfig"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(backupconfig.New, (*backupconfig.Handler).Handle) }
