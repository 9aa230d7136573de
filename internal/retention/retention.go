// Package retention says which recovery points stay, until when and why: grandfather, father and son.
//
// It removes nothing and it never shortens a promise: no quota, no storage price and no full disk makes a point go early.
// What it cannot place (a kind or a class that it does not know) stays. Time is counted in whole UTC days, rounded up, as
// S3 lifecycle counts it, so all points of one day end together and what an incremental refers to ends no sooner.
package retention

import (
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
)

// The kinds of recovery points, as manifests name them.
const (
	ApplicationData = "application-data"
	Configuration   = "configuration"
	Infrastructure  = "infrastructure"
	Database        = "database"
	Logs            = "logs"
)

// Kinds are all kinds, in the order of the procedures.
var Kinds = []string{ApplicationData, Configuration, Infrastructure, Database, Logs}

// Class is how long a point is kept: the value of the tag that it gets when it is written.
type Class string

// The classes. Application data and logs have the first three, the database the last two.
const (
	Daily             Class = "daily"   // every point, incrementals too
	Weekly            Class = "weekly"  // the first point of a week, which begins on Monday
	Monthly           Class = "monthly" // the first point of a month
	ForConfiguration  Class = "configuration"
	ForInfrastructure Class = "infrastructure"
	Automated         Class = "automated" // the snapshots of every interval
	Manual            Class = "manual"    // the daily snapshots, and those that people take
)

// TagKey is the tag on every object and snapshot of a recovery point. Lifecycle rules and the solver read it.
const TagKey = "acso-retention"

// ClassOf is the class of a point that was taken after the previous one of its kind (zero when there was none), or ""
// for a kind that it does not know. The first point of a period stands for the period, whenever in it that was: a month
// whose first day was lost has its monthly point all the same.
func ClassOf(kind string, taken, previous time.Time) Class {
	taken, previous = taken.UTC(), previous.UTC()
	switch kind {
	case ApplicationData, Logs:
		switch {
		case month(previous).Before(month(taken)):
			return Monthly
		case week(previous).Before(week(taken)):
			return Weekly
		}
		return Daily
	case Configuration:
		return ForConfiguration
	case Infrastructure:
		return ForInfrastructure
	case Database:
		if day(previous).Before(day(taken)) {
			return Manual
		}
		return Automated
	}
	return ""
}

// Tags are the tags that every object of a point gets when it is written; see ClassOf.
func Tags(kind string, taken, previous time.Time) map[string]string {
	return map[string]string{TagKey: string(ClassOf(kind, taken, previous))}
}

// Rules say how long each class is kept.
type Rules struct {
	daily, weekly, monthly, configuration, infrastructure, automated, manual time.Duration
}

// From reads the rules of an environment.
func From(e *environment.Environment) Rules {
	b := e.Backup
	return Rules{
		daily: b.Data.Daily.Std(), weekly: b.Data.Weekly.Std(), monthly: b.Data.Monthly.Std(),
		configuration: b.Configuration.Std(), infrastructure: b.Infrastructure.Std(),
		automated: b.Database.Automated.Std(), manual: b.Database.Manual.Std(),
	}
}

// Keep is how long a class is kept, or 0 for one that it does not know, which is kept without end.
func (r Rules) Keep(c Class) time.Duration {
	switch c {
	case Daily:
		return r.daily
	case Weekly:
		return r.weekly
	case Monthly:
		return r.monthly
	case ForConfiguration:
		return r.configuration
	case ForInfrastructure:
		return r.infrastructure
	case Automated:
		return r.automated
	case Manual:
		return r.manual
	}
	return 0
}

// Until is the first moment at which a point of a class may go: its retention after the end of the day (UTC) on which it
// was taken. It is zero for a class that it does not know. An Object Lock may last so long and no longer.
func (r Rules) Until(c Class, taken time.Time) time.Time {
	keep := r.Keep(c)
	if keep == 0 {
		return time.Time{}
	}
	return day(taken.UTC()).Add(24*time.Hour + keep)
}

func day(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// week is the Monday of a week. Truncate counts from Monday, 1 January of the year 1.
func week(t time.Time) time.Time { return t.Truncate(7 * 24 * time.Hour) }

func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }
