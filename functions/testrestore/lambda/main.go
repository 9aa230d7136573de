// Command lambda is the testrestore function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/testrestore"
	"github.com/acso/disaster-recovery/internal/bootstrap/login"
)

func main() { login.Start(testrestore.New, (*testrestore.Handler).Handle) }
