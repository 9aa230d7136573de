// Command lambda is the testrestore function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/testrestore"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(testrestore.New, (*testrestore.Handler).Handle) }
