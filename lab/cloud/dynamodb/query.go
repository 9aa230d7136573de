package dynamodb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb/expression"
)

// page is the most that one Query or Scan reads, in bytes, before it filters.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
const page = 1 << 20

func (s *Service) registerQueries() {
	cloud.Register(s.cloud, "DynamoDB.Query", cloud.Spec[dynamodb.QueryInput]{
		Current: func(in *dynamodb.QueryInput) bool { return aws.ToBool(in.ConsistentRead) },
		Actions: func(c *cloud.Call, in *dynamodb.QueryInput) []grant.Action {
			return s.actions(c, "Query", in.TableName)
		},
	}, s.query)
	cloud.Register(s.cloud, "DynamoDB.Scan", cloud.Spec[dynamodb.ScanInput]{
		Current: func(in *dynamodb.ScanInput) bool { return aws.ToBool(in.ConsistentRead) },
		Actions: func(c *cloud.Call, in *dynamodb.ScanInput) []grant.Action { return s.actions(c, "Scan", in.TableName) },
	}, s.scan)
	cloud.Register(s.cloud, "DynamoDB.DescribeTable", cloud.Spec[dynamodb.DescribeTableInput]{
		Actions: func(c *cloud.Call, in *dynamodb.DescribeTableInput) []grant.Action {
			return s.actions(c, "DescribeTable", in.TableName)
		},
	}, s.describeTable)
}

// selection is what Query and Scan have in common.
type selection struct {
	table      *string
	index      *string
	key        *string
	filter     *string
	projection *string
	names      map[string]string
	values     map[string]types.AttributeValue
	start      Item
	limit      *int32
	backward   bool
	consistent bool
}

type found struct {
	items   []Item
	scanned int
	last    Item
}

func (s *Service) selectItems(call *cloud.Call, q selection) (*found, error) {
	t, err := s.find(call, q.table)
	if err != nil {
		return nil, err
	}
	if q.index != nil {
		return nil, invalid("The table does not have the specified index: %s", *q.index)
	}
	if q.limit != nil && *q.limit < 1 {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *q.limit)
	}
	matches, keep, filter, err := q.read(t)
	if err != nil {
		return nil, err
	}
	ids := t.order()
	if q.backward {
		slices.Reverse(ids)
	}
	if q.start != nil {
		after, err := t.identity(q.start, true)
		if err != nil {
			return nil, invalid("The provided starting key is invalid")
		}
		ids = ids[t.past(ids, q.start, after, q.backward):]
	}
	out, size := &found{}, 0
	for i, id := range ids {
		item := s.read(t.rows[id], q.consistent)
		if item == nil || !matches(item) {
			continue
		}
		out.scanned++
		size += bytesOf(item)
		if filter(item) {
			out.items = append(out.items, expression.CopyItem(keep(item)))
		}
		if q.limit != nil && out.scanned == int(*q.limit) || size >= page && i < len(ids)-1 {
			// With a Limit the last key is there even when nothing follows: the caller has to ask again.
			out.last = t.keyOf(item)
			break
		}
	}
	return out, nil
}

func (q selection) read(t *table) (matches expression.Condition, keep func(Item) Item, filter expression.Condition, err error) {
	reader := expression.NewReader(q.names, q.values)
	matches, filter = func(Item) bool { return true }, func(Item) bool { return true }
	if q.key != nil {
		hash, sorted, err := reader.KeyCondition(*q.key, t.partition, t.sort)
		if err != nil {
			return nil, nil, nil, refused(err)
		}
		matches = func(i Item) bool { return expression.Equal(i[t.partition], hash) && sorted(i) }
	}
	if q.filter != nil {
		if filter, err = reader.Condition("FilterExpression", *q.filter); err != nil {
			return nil, nil, nil, refused(err)
		}
	}
	if keep, err = projection(reader, q.projection); err != nil {
		return nil, nil, nil, err
	}
	return matches, keep, filter, refused(reader.Finish())
}

// past is the number of identities up to and including the start key, which need not exist any more.
func (t *table) past(ids []string, start Item, id string, backward bool) int {
	for i, other := range ids {
		if other == id {
			return i + 1
		}
		item := t.rows[other].item
		order, _ := expression.Compare(item[t.partition], start[t.partition])
		if order == 0 && t.sort != "" {
			order, _ = expression.Compare(item[t.sort], start[t.sort])
		}
		if order > 0 && !backward || order < 0 && backward {
			return i
		}
	}
	return len(ids)
}

func (t *table) keyOf(item Item) Item {
	key := Item{t.partition: expression.Copy(item[t.partition])}
	if t.sort != "" {
		key[t.sort] = expression.Copy(item[t.sort])
	}
	return key
}

func (s *Service) query(call *cloud.Call, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	if in.KeyConditionExpression == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	f, err := s.selectItems(call, selection{
		table: in.TableName, index: in.IndexName, key: in.KeyConditionExpression, filter: in.FilterExpression, projection: in.ProjectionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, start: in.ExclusiveStartKey, limit: in.Limit,
		backward: in.ScanIndexForward != nil && !*in.ScanIndexForward, consistent: aws.ToBool(in.ConsistentRead),
	})
	if err != nil {
		return nil, err
	}
	out := &dynamodb.QueryOutput{Items: f.items, Count: int32(len(f.items)), ScannedCount: int32(f.scanned), LastEvaluatedKey: f.last}
	if in.Select == types.SelectCount {
		out.Items = nil
	}
	return out, nil
}

func (s *Service) scan(call *cloud.Call, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	f, err := s.selectItems(call, selection{
		table: in.TableName, index: in.IndexName, filter: in.FilterExpression, projection: in.ProjectionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, start: in.ExclusiveStartKey, limit: in.Limit,
		consistent: aws.ToBool(in.ConsistentRead),
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.ScanOutput{Items: f.items, Count: int32(len(f.items)), ScannedCount: int32(f.scanned), LastEvaluatedKey: f.last}, nil
}

func (s *Service) describeTable(call *cloud.Call, in *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
	t, err := s.find(call, in.TableName)
	if err != nil {
		return nil, err
	}
	description := &types.TableDescription{
		TableName: aws.String(t.name), TableStatus: types.TableStatusActive, TableArn: aws.String(s.cloud.ARN("dynamodb", t.region, "table/"+t.name)),
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String(t.partition), KeyType: types.KeyTypeHash}},
		ItemCount: aws.Int64(int64(len(t.order()))),
	}
	if t.sort != "" {
		description.KeySchema = append(description.KeySchema, types.KeySchemaElement{AttributeName: aws.String(t.sort), KeyType: types.KeyTypeRange})
	}
	return &dynamodb.DescribeTableOutput{Table: description}, nil
}
