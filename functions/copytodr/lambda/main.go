// Command lambda is the copytodr function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/copytodr"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(copytodr.New, (*copytodr.Handler).Handle) }
