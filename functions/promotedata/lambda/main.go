// Command lambda is the promotedata function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/promotedata"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(promotedata.New, (*promotedata.Handler).Handle) }
