// Command lambda is the missingwrites function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/missingwrites"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(missingwrites.New, (*missingwrites.Handler).Handle) }
