// Command lambda is the checklag function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(checklag.New, (*checklag.Handler).Handle) }
