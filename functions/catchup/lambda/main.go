// Command lambda is the catchup function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/catchup"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(catchup.New, (*catchup.Handler).Handle) }
