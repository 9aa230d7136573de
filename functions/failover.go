package functions

import (
	"context"
	"time"

	"github.com/acso/disaster-recovery/functions/catchup"
	"github.com/acso/disaster-recovery/functions/checkhealth"
	"github.com/acso/disaster-recovery/functions/checklag"
	"github.com/acso/disaster-recovery/functions/fence"
	"github.com/acso/disaster-recovery/functions/flipdns"
	"github.com/acso/disaster-recovery/functions/heartbeat"
	"github.com/acso/disaster-recovery/functions/incident"
	"github.com/acso/disaster-recovery/functions/notify"
	"github.com/acso/disaster-recovery/functions/planfailover"
	"github.com/acso/disaster-recovery/functions/probe"
	"github.com/acso/disaster-recovery/functions/promotedata"
	"github.com/acso/disaster-recovery/functions/promotereplica"
	"github.com/acso/disaster-recovery/functions/scaleecs"
	"github.com/acso/disaster-recovery/functions/validate"
	"github.com/acso/disaster-recovery/internal/platform"
)

// on wires a package's New and Handle to the boundary of the Lambda service.
func on[H, In, Out any](make func(platform.Platform) H, handle func(H, context.Context, In) (Out, error)) func(platform.Platform) platform.Handler {
	return func(p platform.Platform) platform.Handler {
		h := make(p)
		return platform.Entry(func(ctx context.Context, in In) (Out, error) { return handle(h, ctx, in) })
	}
}

const (
	brief = 60 * time.Second  // looks and acts once in its own region
	long  = 120 * time.Second // makes calls to a region that may answer slowly or not at all
	// longest is what Lambda allows: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	longest = 15 * time.Minute
	// memory is more than the handlers need: Lambda's share of CPU grows with it, and so does the speed of TLS.
	memory = 512
)

// watched are the functions that run by themselves, once a minute in both regions: each finds out which role its region
// has, so that nothing has to be switched over in an outage.
func watched() []Function {
	return []Function{
		{
			Name: "heartbeat", New: on(heartbeat.New, (*heartbeat.Handler).Handle), Grants: heartbeat.Grants, Errors: heartbeat.Errors,
			Event: heartbeat.Event, Timeout: brief, MemoryMB: memory, Regions: Both, Schedule: EveryMinute, Concurrency: 1,
		},
		{
			Name: "probe", New: on(probe.New, (*probe.Handler).Handle), Grants: probe.Grants, Errors: probe.Errors,
			Event: probe.Event, Timeout: long, MemoryMB: memory, Regions: Both, Schedule: EveryMinute, Concurrency: 1,
		},
	}
}

// failover are the functions that the failover's state machine calls, in the region that is being activated.
func failover() []Function {
	return []Function{
		{
			Name: "catchup", New: on(catchup.New, (*catchup.Handler).Handle), Grants: catchup.Grants, Errors: catchup.Errors,
			Event: catchup.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "checkhealth", New: on(checkhealth.New, (*checkhealth.Handler).Handle), Grants: checkhealth.Grants, Errors: checkhealth.Errors,
			Event: checkhealth.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "checklag", New: on(checklag.New, (*checklag.Handler).Handle), Grants: checklag.Grants, Errors: checklag.Errors,
			Event: checklag.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "fence", New: on(fence.New, (*fence.Handler).Handle), Grants: fence.Grants, Errors: fence.Errors,
			Event: fence.Event, Timeout: long, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "flipdns", New: on(flipdns.New, (*flipdns.Handler).Handle), Grants: flipdns.Grants, Errors: flipdns.Errors,
			Event: flipdns.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "incident", New: on(incident.New, (*incident.Handler).Handle), Grants: incident.Grants, Errors: incident.Errors,
			Event: incident.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "notify", New: on(notify.New, (*notify.Handler).Handle), Grants: notify.Grants, Errors: notify.Errors,
			Event: notify.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "planfailover", New: on(planfailover.New, (*planfailover.Handler).Handle), Grants: planfailover.Grants, Errors: planfailover.Errors,
			Event: planfailover.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "promotedata", New: on(promotedata.New, (*promotedata.Handler).Handle), Grants: promotedata.Grants, Errors: promotedata.Errors,
			Event: promotedata.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "promotereplica", New: on(promotereplica.New, (*promotereplica.Handler).Handle), Grants: promotereplica.Grants, Errors: promotereplica.Errors,
			Event: promotereplica.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "scaleecs", New: on(scaleecs.New, (*scaleecs.Handler).Handle), Grants: scaleecs.Grants, Errors: scaleecs.Errors,
			Event: scaleecs.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
		{
			Name: "validate", New: on(validate.New, (*validate.Handler).Handle), Grants: validate.Grants, Errors: validate.Errors,
			Event: validate.Event, Timeout: brief, MemoryMB: memory, Regions: Recovery,
		},
	}
}
