// Command lambda is the backupinfra function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/backupinfra"
	"github.com/acso/disaster-recovery/internal/bootstrap"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/sources"
)

func main() {
	bootstrap.Start(func(p platform.Platform) *backupinfra.Handler {
		p.Sources = sources.At(p.Environment.Sources)
		return backupinfra.New(p)
	}, (*backupinfra.Handler).Handle)
}
