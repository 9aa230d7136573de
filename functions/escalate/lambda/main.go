// Command lambda is the escalate function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/escalate"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(escalate.New, (*escalate.Handler).Handle) }
