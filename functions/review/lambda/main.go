// Command lambda is the review function on AWS.
package main

import (
	"github.com/acso/disaster-recovery/functions/review"
	"github.com/acso/disaster-recovery/internal/bootstrap"
)

func main() { bootstrap.Start(review.New, (*review.Handler).Handle) }
