// Command lambda is the checkreplication function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/checkreplication"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(checkreplication.New, (*checkreplication.Handler).Handle) }
