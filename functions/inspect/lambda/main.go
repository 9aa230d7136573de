// Command lambda is the inspect function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/inspect"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(inspect.New, (*inspect.Handler).Handle) }
