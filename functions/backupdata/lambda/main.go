// Command lambda is the backupdata function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/backupdata"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(backupdata.New, (*backupdata.Handler).Handle) }
