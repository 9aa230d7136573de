// Command lambda is the fence function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/fence"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(fence.New, (*fence.Handler).Handle) }
