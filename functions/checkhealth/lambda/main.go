// Command lambda is the checkhealth function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/checkhealth"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(checkhealth.New, (*checkhealth.Handler).Handle) }
