// Command lambda is the verifychecksums function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/verifychecksums"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(verifychecksums.New, (*verifychecksums.Handler).Handle) }
