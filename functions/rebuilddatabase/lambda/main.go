// Command lambda is the rebuilddatabase function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/rebuilddatabase"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(rebuilddatabase.New, (*rebuilddatabase.Handler).Handle) }
