// Command lambda is the heartbeat function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/heartbeat"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(heartbeat.New, (*heartbeat.Handler).Handle) }
