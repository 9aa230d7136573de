package incident

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// errConflict: somebody else wrote the item since it was read.
var errConflict = errors.New("the item was changed by another writer")

// table keeps one JSON document an item, with a version that every write must know: two writers never overwrite each
// other, and each notices.
type table struct {
	db   *dynamodb.Client
	name string
}

// read gives the document and its version; version 0 means that there is none. Reads are consistent: a lock that is
// read late is no lock.
func (t *table) read(ctx context.Context, key string, into any) (version int64, err error) {
	out, err := t.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(t.name), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}},
	})
	if err != nil {
		return 0, failure.FromAWS(err, "read %s of table %s", key, t.name)
	}
	if len(out.Item) == 0 {
		return 0, nil
	}
	number, okNumber := out.Item["version"].(*types.AttributeValueMemberN)
	document, okDocument := out.Item["document"].(*types.AttributeValueMemberS)
	if !okNumber || !okDocument {
		return 0, failure.New(failure.Failed, "read "+key+" of table "+t.name, "the item has no version or no document").
			Next("somebody edited the table by hand; restore the item from point-in-time recovery")
	}
	if version, err = strconv.ParseInt(number.Value, 10, 64); err == nil {
		err = json.Unmarshal([]byte(document.Value), into)
	}
	if err != nil {
		return 0, &failure.Error{Kind: failure.Failed, Op: "read " + key + " of table " + t.name, Err: err}
	}
	return version, nil
}

// write replaces the document of that version, or creates it when the version is 0.
//
// The SDK repeats a write whose answer was lost, and the repetition fails its own condition: so a failed condition is
// read back, and is a success when the item is what this call wrote.
func (t *table) write(ctx context.Context, key string, version int64, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	input := &dynamodb.PutItemInput{TableName: aws.String(t.name), Item: t.item(key, version+1, text)}
	if version == 0 {
		input.ConditionExpression = aws.String("attribute_not_exists(pk)")
	} else {
		input.ConditionExpression = aws.String("#version = :version")
		input.ExpressionAttributeNames = map[string]string{"#version": "version"}
		input.ExpressionAttributeValues = map[string]types.AttributeValue{":version": number(version)}
	}
	_, err = t.db.PutItem(ctx, input)
	var refused *types.ConditionalCheckFailedException
	if !errors.As(err, &refused) {
		return failure.FromAWS(err, "write %s to table %s", key, t.name)
	}
	var stored json.RawMessage
	now, err := t.read(ctx, key, &stored)
	if err != nil {
		return err
	}
	if now == version+1 && string(stored) == string(text) {
		return nil
	}
	return errConflict
}

// keep stores a document that is only ever written with one content.
func (t *table) keep(ctx context.Context, key string, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(t.name), Item: t.item(key, 1, text)})
	return failure.FromAWS(err, "write %s to table %s", key, t.name)
}

func (t *table) item(key string, version int64, document []byte) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk":       &types.AttributeValueMemberS{Value: key},
		"version":  number(version),
		"document": &types.AttributeValueMemberS{Value: string(document)},
	}
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
