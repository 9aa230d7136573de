package drill

import (
	"context"
	"fmt"
	"testing"

	"github.com/acso/disaster-recovery/environments"
	"github.com/acso/disaster-recovery/lab/asl"
	"github.com/acso/disaster-recovery/lab/cloud/stepfunctions"
)

func TestTmp(t *testing.T) {
	e, _ := environments.Named("production")
	s, _ := Find("failback-after-outage")
	var last *run
	w := s
	w.prepare = func(r *run) { last = r; s.prepare(r)
		r.world.States.OnEvent(func(x *stepfunctions.Execution, ev asl.Event) {
			if x.Machine == "acso-production-failback" && ev.Type == "LambdaFunctionSucceeded" || ev.Type=="TaskSucceeded" || ev.Type=="TaskStateExited" {
				if x.Machine == "acso-production-failback" && ev.State() == "CheckReadiness" { fmt.Printf("%+v\n", ev) }
			}
		})
	}
	res, err := Run(context.Background(), w, Options{Seed: 1, Environment: e})
	fmt.Println(res.Outcome, err, len(last.timeline))
	for _, i := range res.Invariants { if i.Result != Pass { fmt.Println(i) } }
}
