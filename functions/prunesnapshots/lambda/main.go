// Command lambda is the prunesnapshots function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/prunesnapshots"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(prunesnapshots.New, (*prunesnapshots.Handler).Handle) }
