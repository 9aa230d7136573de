// Command lambda is the restoredatabase function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/restoredatabase"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(restoredatabase.New, (*restoredatabase.Handler).Handle) }
