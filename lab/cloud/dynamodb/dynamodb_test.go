package dynamodb_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb"
	"github.com/acso/disaster-recovery/lab/sim"
)

const west, east, table = "us-west-2", "us-east-1", "incidents"

var ctx = context.Background()

func world() (*cloud.Cloud, *dynamodb.Service, *sdk.Client) {
	c := cloud.New(sim.New(1), "123456789012", east, west)
	s := dynamodb.New(c)
	s.Create(west, table, "pk", "")
	return c, s, sdk.NewFromConfig(c.Config(cloud.Principal{Name: "test", Region: west, Unlimited: true}))
}

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func num(v int) types.AttributeValue     { return &types.AttributeValueMemberN{Value: strconv.Itoa(v)} }

func key(pk string) dynamodb.Item { return dynamodb.Item{"pk": text(pk)} }

func lock(client *sdk.Client, owner string) error {
	_, err := client.PutItem(ctx, &sdk.PutItemInput{
		TableName: aws.String(table), Item: dynamodb.Item{"pk": text("lock"), "owner": text(owner), "epoch": num(1)},
		ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	return err
}

func TestConditionalPutIsALock(t *testing.T) {
	_, _, client := world()
	if err := lock(client, "one"); err != nil {
		t.Fatal(err)
	}
	var failed *types.ConditionalCheckFailedException
	if err := lock(client, "two"); !errors.As(err, &failed) {
		t.Fatalf("%v, want ConditionalCheckFailedException", err)
	}
	if owner := failed.Item["owner"].(*types.AttributeValueMemberS).Value; owner != "one" {
		t.Errorf("the failure shows owner %q, want the holder", owner)
	}
	out, err := client.GetItem(ctx, &sdk.GetItemInput{TableName: aws.String(table), Key: key("lock"), ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item["owner"].(*types.AttributeValueMemberS).Value != "one" {
		t.Errorf("read back %v, %v", out, err)
	}
}

func TestUpdateItemCreatesCountsAndReturns(t *testing.T) {
	_, s, client := world()
	for want := 1; want <= 3; want++ {
		out, err := client.UpdateItem(ctx, &sdk.UpdateItemInput{
			TableName: aws.String(table), Key: key("counter"),
			UpdateExpression:          aws.String("SET epoch = if_not_exists(epoch, :zero) + :one"),
			ExpressionAttributeValues: dynamodb.Item{":zero": num(0), ":one": num(1)}, ReturnValues: types.ReturnValueUpdatedNew,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Attributes["epoch"].(*types.AttributeValueMemberN).Value; got != strconv.Itoa(want) || len(out.Attributes) != 1 {
			t.Errorf("returned %v, want epoch %d alone", out.Attributes, want)
		}
	}
	if items := s.Items(west, table); len(items) != 1 {
		t.Errorf("the table holds %v", items)
	}
}

func TestRefusals(t *testing.T) {
	_, _, client := world()
	update := func(expression string, values dynamodb.Item) error {
		_, err := client.UpdateItem(ctx, &sdk.UpdateItemInput{TableName: aws.String(table), Key: key("a"), UpdateExpression: &expression, ExpressionAttributeValues: values})
		return err
	}
	for name, err := range map[string]error{
		"reserved word": update("SET owner = :v", dynamodb.Item{":v": num(1)}),
		"key attribute": update("SET pk = :v", dynamodb.Item{":v": text("b")}),
		"unused value":  update("REMOVE epoch", dynamodb.Item{":v": num(1)}),
		"empty set":     update("SET x = :v", dynamodb.Item{":v": &types.AttributeValueMemberSS{}}),
	} {
		if failure.Code(err) != "ValidationException" {
			t.Errorf("%s: %v, want ValidationException", name, err)
		}
	}
	_, err := client.GetItem(ctx, &sdk.GetItemInput{TableName: aws.String("other"), Key: key("a")})
	if want := (*types.ResourceNotFoundException)(nil); !errors.As(err, &want) {
		t.Errorf("%v, want ResourceNotFoundException", err)
	}
	_, err = client.GetItem(ctx, &sdk.GetItemInput{TableName: aws.String(table), Key: key("a")}, func(o *sdk.Options) { o.Region = east })
	if want := (*types.ResourceNotFoundException)(nil); !errors.As(err, &want) {
		t.Errorf("%v, want the other region to have no such table", err)
	}
}

func TestEventuallyConsistentReadMayLag(t *testing.T) {
	c, s, client := world()
	s.Lag = time.Second
	if err := lock(client, "one"); err != nil {
		t.Fatal(err)
	}
	read := func(consistent bool) dynamodb.Item {
		out, err := client.GetItem(ctx, &sdk.GetItemInput{TableName: aws.String(table), Key: key("lock"), ConsistentRead: &consistent})
		if err != nil {
			t.Fatal(err)
		}
		return out.Item
	}
	if read(false) != nil || read(true) == nil {
		t.Error("just after the write, only the consistent read sees it")
	}
	c.Sim.Run(c.Sim.Now().Add(2*time.Second), nil)
	if read(false) == nil {
		t.Error("a second later every read sees it")
	}
}

func TestQueryPagesInOrderOfTheSortKey(t *testing.T) {
	_, s, client := world()
	s.Create(west, "history", "pk", "at")
	for _, at := range []int{30, 4, 100} {
		s.Put(west, "history", dynamodb.Item{"pk": text("a"), "at": num(at)})
	}
	s.Put(west, "history", dynamodb.Item{"pk": text("b"), "at": num(1)})
	in := &sdk.QueryInput{
		TableName: aws.String("history"), KeyConditionExpression: aws.String("pk = :pk AND #at >= :from"), Limit: aws.Int32(1), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeNames: map[string]string{"#at": "at"}, ExpressionAttributeValues: dynamodb.Item{":pk": text("a"), ":from": num(5)},
	}
	var got []string
	for pages := sdk.NewQueryPaginator(client, in); pages.HasMorePages(); {
		out, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range out.Items {
			got = append(got, item["at"].(*types.AttributeValueMemberN).Value)
		}
	}
	if len(got) != 2 || got[0] != "100" || got[1] != "30" {
		t.Errorf("got %v, want 100 and 30: numbers, newest first", got)
	}
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	_, s, client := world()
	put := func(pk string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(table), Item: key(pk), ConditionExpression: aws.String("attribute_not_exists(pk)")}}
	}
	run := func(items ...types.TransactWriteItem) error {
		_, err := client.TransactWriteItems(ctx, &sdk.TransactWriteItemsInput{TransactItems: items})
		return err
	}
	if err := run(put("a")); err != nil {
		t.Fatal(err)
	}
	var cancelled *types.TransactionCanceledException
	if err := run(put("b"), put("a")); !errors.As(err, &cancelled) || *cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" {
		t.Errorf("%v, want a cancellation for the second item", err)
	}
	if err := run(put("c"), put("c")); failure.Code(err) != "ValidationException" {
		t.Errorf("%v: one item twice in a transaction", err)
	}
	if items := s.Items(west, table); len(items) != 1 {
		t.Errorf("the cancelled transaction left %v", items)
	}
}

func TestConditionalDeleteAndScan(t *testing.T) {
	_, s, client := world()
	for i, pk := range []string{"a", "b", "c"} {
		s.Put(west, table, dynamodb.Item{"pk": text(pk), "epoch": num(i)})
	}
	remove := func(epoch int) (*sdk.DeleteItemOutput, error) {
		return client.DeleteItem(ctx, &sdk.DeleteItemInput{
			TableName: aws.String(table), Key: key("b"), ConditionExpression: aws.String("epoch = :e"), ReturnValues: types.ReturnValueAllOld,
			ExpressionAttributeValues: dynamodb.Item{":e": num(epoch)},
		})
	}
	var failed *types.ConditionalCheckFailedException
	if _, err := remove(7); !errors.As(err, &failed) || failed.Item != nil {
		t.Errorf("%v, want a failure that shows no item unless asked", err)
	}
	if out, err := remove(1); err != nil || len(out.Attributes) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	out, err := client.Scan(ctx, &sdk.ScanInput{TableName: aws.String(table), FilterExpression: aws.String("epoch > :zero"), ProjectionExpression: aws.String("pk"), ExpressionAttributeValues: dynamodb.Item{":zero": num(0)}})
	if err != nil || out.Count != 1 || out.ScannedCount != 2 || len(out.Items[0]) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	described, err := client.DescribeTable(ctx, &sdk.DescribeTableInput{TableName: aws.String(table)})
	if err != nil || described.Table.TableStatus != types.TableStatusActive || *described.Table.ItemCount != 2 {
		t.Errorf("%+v, %v", described, err)
	}
}

func TestDeniedWithoutTheGrant(t *testing.T) {
	c, _, _ := world()
	reader := sdk.NewFromConfig(c.Config(cloud.Principal{Name: "f", Region: west, Grants: []grant.Grant{{
		Actions: []string{"dynamodb:GetItem"}, Resources: []string{"arn:aws:dynamodb:us-west-2:123456789012:table/" + table},
	}}}))
	if _, err := reader.GetItem(ctx, &sdk.GetItemInput{TableName: aws.String(table), Key: key("a")}); err != nil {
		t.Error(err)
	}
	if err := lock(reader, "f"); failure.KindOf(failure.FromAWS(err, "lock")) != failure.Denied {
		t.Errorf("%v, want Denied", err)
	}
}

func TestThrottledCallIsRetried(t *testing.T) {
	c, s, client := world()
	c.Inject(cloud.Fault{Operation: "DynamoDB.PutItem", Count: 1, Effect: cloud.Throttled})
	if err := lock(client, "one"); err != nil || len(s.Items(west, table)) != 1 {
		t.Errorf("%v, %v", err, s.Items(west, table))
	}
}

func TestLostResponseHasTheEffectTwice(t *testing.T) {
	c, s, client := world()
	c.Inject(cloud.Fault{Operation: "DynamoDB.*", Count: 1, Effect: cloud.LostResponse})
	add := &sdk.UpdateItemInput{TableName: aws.String(table), Key: key("n"), UpdateExpression: aws.String("ADD epoch :one"), ExpressionAttributeValues: dynamodb.Item{":one": num(1)}}
	if _, err := client.UpdateItem(ctx, add); err != nil {
		t.Fatal(err)
	}
	if got := s.Items(west, table)[0]["epoch"].(*types.AttributeValueMemberN).Value; got != "2" {
		t.Errorf("counted %s, want 2: the SDK tried again after an effect whose answer was lost", got)
	}
	c.Inject(cloud.Fault{Operation: "DynamoDB.PutItem", Count: 1, Effect: cloud.LostResponse})
	var failed *types.ConditionalCheckFailedException
	if err := lock(client, "one"); !errors.As(err, &failed) {
		t.Errorf("%v: a conditional write whose answer is lost fails its own retry", err)
	}
}
