package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb/expression"
)

func (s *Service) registerItems() {
	cloud.Register(s.cloud, "DynamoDB.GetItem", cloud.Spec[dynamodb.GetItemInput]{
		Current: func(in *dynamodb.GetItemInput) bool { return aws.ToBool(in.ConsistentRead) },
		Actions: func(c *cloud.Call, in *dynamodb.GetItemInput) []grant.Action {
			return s.actions(c, "GetItem", in.TableName)
		},
	}, s.getItem)
	cloud.Register(s.cloud, "DynamoDB.PutItem", cloud.Spec[dynamodb.PutItemInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *dynamodb.PutItemInput) []grant.Action {
			return s.actions(c, "PutItem", in.TableName)
		},
	}, s.putItem)
	cloud.Register(s.cloud, "DynamoDB.UpdateItem", cloud.Spec[dynamodb.UpdateItemInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *dynamodb.UpdateItemInput) []grant.Action {
			return s.actions(c, "UpdateItem", in.TableName)
		},
	}, s.updateItem)
	cloud.Register(s.cloud, "DynamoDB.DeleteItem", cloud.Spec[dynamodb.DeleteItemInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *dynamodb.DeleteItemInput) []grant.Action {
			return s.actions(c, "DeleteItem", in.TableName)
		},
	}, s.deleteItem)
}

func (s *Service) getItem(call *cloud.Call, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	t, err := s.find(call, in.TableName)
	if err != nil {
		return nil, err
	}
	id, err := t.identity(in.Key, true)
	if err != nil {
		return nil, err
	}
	reader := expression.NewReader(in.ExpressionAttributeNames, nil)
	keep, err := projection(reader, in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	if err := reader.Finish(); err != nil {
		return nil, refused(err)
	}
	item := s.read(t.rows[id], aws.ToBool(in.ConsistentRead))
	if item == nil {
		return &dynamodb.GetItemOutput{}, nil // not an error: the Item is just not there
	}
	return &dynamodb.GetItemOutput{Item: expression.CopyItem(keep(item))}, nil
}

func projection(reader *expression.Reader, text *string) (func(Item) Item, error) {
	if text == nil {
		return func(i Item) Item { return i }, nil
	}
	keep, err := reader.Projection(*text)
	return keep, refused(err)
}

func (s *Service) putItem(call *cloud.Call, in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	if err := oldOnly(in.ReturnValues); err != nil {
		return nil, err
	}
	p, err := s.apply(call, write{
		table: in.TableName, key: in.Item, put: in.Item, condition: in.ConditionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure,
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.PutItemOutput{Attributes: p.returned(in.ReturnValues)}, nil
}

func (s *Service) updateItem(call *cloud.Call, in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	p, err := s.apply(call, write{
		table: in.TableName, key: in.Key, update: in.UpdateExpression, condition: in.ConditionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure,
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.UpdateItemOutput{Attributes: p.returned(in.ReturnValues)}, nil
}

func (s *Service) deleteItem(call *cloud.Call, in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
	if err := oldOnly(in.ReturnValues); err != nil {
		return nil, err
	}
	p, err := s.apply(call, write{
		table: in.TableName, key: in.Key, remove: true, condition: in.ConditionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, onFailure: in.ReturnValuesOnConditionCheckFailure,
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.DeleteItemOutput{Attributes: p.returned(in.ReturnValues)}, nil
}

// oldOnly refuses what PutItem and DeleteItem cannot return.
func oldOnly(want types.ReturnValue) error {
	switch want {
	case "", types.ReturnValueNone, types.ReturnValueAllOld:
		return nil
	}
	return invalid("ReturnValues can only be ALL_OLD or NONE")
}
