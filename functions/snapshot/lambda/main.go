// Command lambda is the snapshot function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/snapshot"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(snapshot.New, (*snapshot.Handler).Handle) }
