// Command lambda is the restoredata function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/restoredata"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(restoredata.New, (*restoredata.Handler).Handle) }
