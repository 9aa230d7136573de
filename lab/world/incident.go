package world

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/incident"
)

// Incident is the present incident as a region's table has it, read behind the back of the code under test; false when
// there was never one.
func (w *World) Incident(region string) (i incident.Incident, ok bool) {
	for _, item := range w.DynamoDB.Items(region, w.Env.IncidentTable()) {
		key, isKey := item["pk"].(*types.AttributeValueMemberS)
		document, isDocument := item["document"].(*types.AttributeValueMemberS)
		if !isKey || !isDocument || key.Value != incident.PresentKey {
			continue
		}
		if err := json.Unmarshal([]byte(document.Value), &i); err != nil {
			panic(fmt.Sprintf("lab: the incident in %s does not decode: %v", region, err))
		}
		return i, true
	}
	return i, false
}
