package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
)

// changeRoles has the roles of the regions change and change back, with schedules and alarms that have to follow. Each time one
// region alone is told, and the other one finds out.
func (s *site) changeRoles() {
	for n, role := range []incident.Role{{ActiveRegion: s.recovery, Switch: 1, Epoch: 1}, {ActiveRegion: s.primary, Epoch: 2}} {
		s.do(fmt.Sprintf("change the roles, %d", n+1), role.ActiveRegion, func(ctx context.Context, config aws.Config) error {
			return incident.NewStore(platform.Platform{AWS: config, Environment: s.Env, Clock: s.Sim}).SetRole(ctx, role)
		})
		s.pass(5 * time.Minute)
	}
}
