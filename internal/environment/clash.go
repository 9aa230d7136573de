package environment

import "sort"

// Clashes lists the names that two environments have in common, in alphabetical order. Anything but none means that a
// drill or a restore in one could touch the other, whatever accounts they are in.
func Clashes(a, b *Environment) []string {
	taken := map[string]bool{}
	for _, name := range a.owned() {
		taken[name] = true
	}
	var both []string
	for _, name := range b.owned() {
		if taken[name] {
			both = append(both, name)
			taken[name] = false
		}
	}
	sort.Strings(both)
	return both
}

// owned are the names that no other environment may use.
func (e *Environment) owned() []string {
	names := []string{
		e.Prefix(), e.Domain.Name, e.Database.Identifier, e.Database.Replica, e.Database.Keys.Primary, e.Database.Keys.Recovery,
		e.Buckets.Backups, e.Buckets.Data, e.Buckets.Compliance, e.Parameters, e.IncidentTable(),
	}
	names = append(names, e.Topics()...)
	for _, region := range []string{e.Regions.Primary, e.Regions.Recovery} {
		names = append(names, e.Cluster(region), e.FileSystem(region), e.DatabaseACL(region), e.RegionalName(region))
	}
	return names
}
