// Command lambda is the plansystem function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/plansystem"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(plansystem.New, (*plansystem.Handler).Handle) }
