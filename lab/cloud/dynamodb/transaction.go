package dynamodb

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) registerTransactions() {
	cloud.Register(s.cloud, "DynamoDB.TransactWriteItems", cloud.Spec[dynamodb.TransactWriteItemsInput]{
		Mutating: true,
		// A transaction is checked as its single operations; there is no action for it.
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
		Actions: func(call *cloud.Call, in *dynamodb.TransactWriteItemsInput) []grant.Action {
			var all []grant.Action
			for _, item := range in.TransactItems {
				w, action, _ := one(item)
				all = append(all, s.actions(call, action, w.table)...)
			}
			return all
		},
	}, s.transact)
}

// one is the write that an element of a transaction stands for, its IAM action, and whether it only checks.
func one(item types.TransactWriteItem) (w write, action string, check bool) {
	switch {
	case item.Put != nil:
		p := item.Put
		return write{table: p.TableName, key: p.Item, put: p.Item, condition: p.ConditionExpression, names: p.ExpressionAttributeNames, values: p.ExpressionAttributeValues, onFailure: p.ReturnValuesOnConditionCheckFailure}, "PutItem", false
	case item.Update != nil:
		u := item.Update
		return write{table: u.TableName, key: u.Key, update: u.UpdateExpression, condition: u.ConditionExpression, names: u.ExpressionAttributeNames, values: u.ExpressionAttributeValues, onFailure: u.ReturnValuesOnConditionCheckFailure}, "UpdateItem", false
	case item.Delete != nil:
		d := item.Delete
		return write{table: d.TableName, key: d.Key, remove: true, condition: d.ConditionExpression, names: d.ExpressionAttributeNames, values: d.ExpressionAttributeValues, onFailure: d.ReturnValuesOnConditionCheckFailure}, "DeleteItem", false
	case item.ConditionCheck != nil:
		c := item.ConditionCheck
		return write{table: c.TableName, key: c.Key, condition: c.ConditionExpression, names: c.ExpressionAttributeNames, values: c.ExpressionAttributeValues, onFailure: c.ReturnValuesOnConditionCheckFailure}, "ConditionCheckItem", true
	}
	return write{}, "PutItem", true
}

// transact makes all writes or none. A ClientRequestToken is not remembered: the lab refuses to promise an
// idempotency that a handler should not need.
func (s *Service) transact(call *cloud.Call, in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	if len(in.TransactItems) > 100 {
		return nil, invalid("Member must have length less than or equal to 100")
	}
	var plans []*plan
	var reasons []types.CancellationReason
	var codes []string
	seen := map[string]bool{}
	cancelled := false
	for _, item := range in.TransactItems {
		w, _, check := one(item)
		p, err := s.plan(call, w)
		if err != nil {
			return nil, err
		}
		id := p.table.name + "\x00" + p.id
		if seen[id] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[id] = true
		reason := types.CancellationReason{Code: aws.String("None")}
		var unmet *types.ConditionalCheckFailedException
		if errors.As(p.unmet, &unmet) {
			reason = types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Message: unmet.Message, Item: unmet.Item}
			cancelled = true
		}
		reasons, codes = append(reasons, reason), append(codes, *reason.Code)
		if !check {
			plans = append(plans, p)
		}
	}
	if cancelled {
		return nil, &types.TransactionCanceledException{
			Message:             aws.String("Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]"),
			CancellationReasons: reasons,
		}
	}
	for _, p := range plans {
		s.store(p.table, p.id, p.after)
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}
