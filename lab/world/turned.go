package world

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/lab/cloud/rds"
)

// layTurned lays down what an earlier failover decided: which region is active, in both regions' tables, and a switch that
// sends clients there.
func (w *World) layTurned(active string, recent bool) {
	e := w.Env
	role := incident.Role{ActiveRegion: active, Epoch: 1}
	if recent {
		role.ChangedAt = w.Sim.Now()
	}
	if active == e.Regions.Recovery {
		role.Switch = 1
		w.DNS.Begins(switchCheck, false)
	}
	document, err := json.Marshal(role)
	if err != nil {
		panic(err) // a name and two numbers
	}
	for _, region := range w.Cloud.Regions() {
		w.DynamoDB.Put(region, e.IncidentTable(), map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "role"}, "version": &types.AttributeValueMemberN{Value: "1"},
			"document": &types.AttributeValueMemberS{Value: string(document)},
		})
	}
}

// StandBy makes a region the warm standby of the other at once, as a rebuild that people do by hand leaves it: a new replica
// of the other's database, a file system that is replicated to, open subnets, and services at the size of a standby.
func (w *World) StandBy(region string) {
	e := w.Env
	active := e.Pair(region)
	w.EC2.Reopen(region, e.DatabaseACL(region))
	w.RDS.Drop(region, e.DatabaseIn(region))
	w.RDS.Create(region, rds.Setup{
		ID: e.DatabaseIn(region), Class: e.Database.InstanceClass, Database: e.Database.Name, Key: e.DatabaseKey(region),
		ACL: e.DatabaseACL(region), Retention: 1, Window: e.Database.BackupWindow, Protected: true,
		SourceRegion: active, Source: e.DatabaseIn(active),
	})
	w.EFS.Replicate(w.EFS.Find(active, e.FileSystem(active)), w.EFS.Find(region, e.FileSystem(region)))
	for _, s := range e.Services {
		w.ECS.Bound(region, e.Service(region, s.Name), s.Standby, 2*s.Desired)
		w.ECS.Scale(region, e.Service(region, s.Name), s.Standby)
	}
}
