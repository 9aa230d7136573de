package world

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Role is which region serves, as a region's table has it; the default before the first failover.
func (w *World) Role(region string) incident.Role {
	role := incident.DefaultRole(w.Env)
	w.item(region, "role", &role)
	return role
}

// item decodes an item of a region's incident table, if there is one.
func (w *World) item(region, wanted string, into any) bool {
	for _, item := range w.DynamoDB.Items(region, w.Env.IncidentTable()) {
		key, isKey := item["pk"].(*types.AttributeValueMemberS)
		document, isDocument := item["document"].(*types.AttributeValueMemberS)
		if !isKey || !isDocument || key.Value != wanted {
			continue
		}
		if err := json.Unmarshal([]byte(document.Value), into); err != nil {
			panic(fmt.Sprintf("lab: the item %s in %s does not decode: %v", wanted, region, err))
		}
		return true
	}
	return false
}

// Incident is the present incident as a region's table has it, read behind the back of the code under test; false when
// there was never one.
func (w *World) Incident(region string) (i incident.Incident, ok bool) {
	ok = w.item(region, incident.PresentKey, &i)
	return i, ok
}
