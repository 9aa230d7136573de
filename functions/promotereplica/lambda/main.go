// Command lambda is the promotereplica function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/promotereplica"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(promotereplica.New, (*promotereplica.Handler).Handle) }
