// Command lambda is the rebuildstandby function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/rebuildstandby"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(rebuildstandby.New, (*rebuildstandby.Handler).Handle) }
