// Command lambda is the reversefiles function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/reversefiles"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(reversefiles.New, (*reversefiles.Handler).Handle) }
