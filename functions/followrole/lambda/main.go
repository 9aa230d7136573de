// Command lambda is the followrole function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/followrole"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(followrole.New, (*followrole.Handler).Handle) }
