// Command lambda is the releasedatabase function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/releasedatabase"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(releasedatabase.New, (*releasedatabase.Handler).Handle) }
