// Command lambda is the notify function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/notify"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(notify.New, (*notify.Handler).Handle) }
