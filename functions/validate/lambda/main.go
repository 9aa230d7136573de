// Command lambda is the validate function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/validate"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(validate.New, (*validate.Handler).Handle) }
