package route53

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerChecks() {
	global := s.control()
	cloud.Register(s.cloud, "Route 53.GetHealthCheck", cloud.Spec[awsroute53.GetHealthCheckInput]{
		Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.GetHealthCheckInput) []grant.Action {
			return on("healthcheck/"+aws.ToString(in.HealthCheckId), "GetHealthCheck")
		},
	}, func(_ *cloud.Call, in *awsroute53.GetHealthCheckInput) (*awsroute53.GetHealthCheckOutput, error) {
		c := s.Check(aws.ToString(in.HealthCheckId))
		if c == nil {
			return nil, noCheck(in.HealthCheckId)
		}
		return &awsroute53.GetHealthCheckOutput{HealthCheck: c.describe()}, nil
	})
	cloud.Register(s.cloud, "Route 53.GetHealthCheckStatus", cloud.Spec[awsroute53.GetHealthCheckStatusInput]{
		Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.GetHealthCheckStatusInput) []grant.Action {
			return on("healthcheck/"+aws.ToString(in.HealthCheckId), "GetHealthCheckStatus")
		},
	}, s.checkStatus)
	cloud.Register(s.cloud, "Route 53.UpdateHealthCheck", cloud.Spec[awsroute53.UpdateHealthCheckInput]{
		Mutating: true, Global: global,
		Actions: func(_ *cloud.Call, in *awsroute53.UpdateHealthCheckInput) []grant.Action {
			return on("healthcheck/"+aws.ToString(in.HealthCheckId), "UpdateHealthCheck")
		},
	}, s.updateCheck)
}

func noCheck(id *string) error {
	return &types.NoSuchHealthCheck{Message: aws.String("A health check with id " + aws.ToString(id) + " does not exist.")}
}

func (c *Check) describe() *types.HealthCheck {
	config := c.config
	if config.AlarmIdentifier != nil {
		alarm := *config.AlarmIdentifier
		config.AlarmIdentifier = &alarm
	}
	return &types.HealthCheck{Id: aws.String(c.ID), CallerReference: aws.String(c.ID), HealthCheckVersion: aws.Int64(c.version), HealthCheckConfig: &config}
}

// checkStatus is what each place of the checkers says last. For an alarm check all say the same.
func (s *Service) checkStatus(_ *cloud.Call, in *awsroute53.GetHealthCheckStatusInput) (*awsroute53.GetHealthCheckStatusOutput, error) {
	c := s.Check(aws.ToString(in.HealthCheckId))
	if c == nil {
		return nil, noCheck(in.HealthCheckId)
	}
	out := &awsroute53.GetHealthCheckStatusOutput{}
	places := types.HealthCheckRegion("").Values()
	for n, place := range places {
		status := "Success: HTTP Status Code 200, OK"
		reached := float64(n) < c.share*float64(len(places))
		if !c.up || !reached {
			status = "Failure: The health checker could not establish a connection within the timeout limit."
		}
		out.HealthCheckObservations = append(out.HealthCheckObservations, types.HealthCheckObservation{
			Region: place, StatusReport: &types.StatusReport{Status: aws.String(status), CheckedTime: aws.Time(s.sim.Now())},
		})
	}
	return out, nil
}

// updateCheck changes inversion, disabling and the status for missing data: the way back when the switch is frozen.
func (s *Service) updateCheck(_ *cloud.Call, in *awsroute53.UpdateHealthCheckInput) (*awsroute53.UpdateHealthCheckOutput, error) {
	c := s.Check(aws.ToString(in.HealthCheckId))
	if c == nil {
		return nil, noCheck(in.HealthCheckId)
	}
	if in.HealthCheckVersion != nil && *in.HealthCheckVersion != c.version {
		return nil, &types.HealthCheckVersionMismatch{Message: aws.String(fmt.Sprintf("The version is %d, not %d.", c.version, *in.HealthCheckVersion))}
	}
	if in.AlarmIdentifier != nil || in.FullyQualifiedDomainName != nil || in.IPAddress != nil || in.Regions != nil || in.SearchString != nil {
		return nil, &types.InvalidInput{Message: aws.String("lab: only Inverted, Disabled, InsufficientDataHealthStatus and FailureThreshold of a check can be changed")}
	}
	next := c.config
	if in.Inverted != nil {
		next.Inverted = aws.Bool(*in.Inverted)
	}
	if in.Disabled != nil {
		next.Disabled = aws.Bool(*in.Disabled)
	}
	if in.InsufficientDataHealthStatus != "" {
		next.InsufficientDataHealthStatus = in.InsufficientDataHealthStatus
	}
	if in.FailureThreshold != nil {
		next.FailureThreshold = aws.Int32(*in.FailureThreshold)
	}
	c.version++
	shown := *c
	shown.config = next
	s.sim.After(s.sim.Between("route53 update", s.Durations.Update.Low, s.Durations.Update.High), func() { c.config = next })
	return &awsroute53.UpdateHealthCheckOutput{HealthCheck: shown.describe()}, nil
}
