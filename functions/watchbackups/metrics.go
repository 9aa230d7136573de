package watchbackups

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/acso/disaster-recovery/internal/watching"
)

// data are the data points of one look.
func data(out Output, now time.Time) []types.MetricDatum {
	s := &series{at: now}
	if out.Total != nil && out.Total.Expected > 0 {
		s.rate("", *out.Total)
	}
	for _, k := range out.Kinds {
		if k.AgeSeconds != nil {
			s.add(watching.Age, k.Kind, *k.AgeSeconds, types.StandardUnitSeconds)
		}
		if k.Rate != nil && k.Rate.Expected > 0 {
			s.rate(k.Kind, *k.Rate)
			s.status(k.Kind, k.Rate.LastMissed)
		}
	}
	return s.data
}

// series collects data points of one moment.
type series struct {
	at   time.Time
	data []types.MetricDatum
}

func (s *series) add(metric, kind string, value float64, unit types.StandardUnit) {
	d := types.MetricDatum{MetricName: aws.String(metric), Value: aws.Float64(value), Timestamp: aws.Time(s.at), Unit: unit}
	if kind != "" {
		d.Dimensions = []types.Dimension{{Name: aws.String(watching.Dimension), Value: aws.String(kind)}}
	}
	s.data = append(s.data, d)
}

func (s *series) rate(kind string, r watching.Rate) {
	s.add(watching.SlotsExpected, kind, float64(r.Expected), types.StandardUnitCount)
	s.add(watching.SlotsSucceeded, kind, float64(r.Succeeded), types.StandardUnitCount)
	s.add(watching.SuccessRate, kind, r.Percent(), types.StandardUnitPercent)
}

// status says whether a kind's last slot was missed. It does so until the next slot is judged, so that one lost data point
// hides nothing.
func (s *series) status(kind string, missed bool) {
	value := 0.0
	if missed {
		value = 1
	}
	s.add(watching.JobStatus, kind, value, types.StandardUnitNone)
	s.add(watching.JobStatus, "", value, types.StandardUnitNone)
}
