// Package dynamodb models Amazon DynamoDB tables as this project uses them: one table per region and name, single-item
// reads and conditional writes, queries and transactions.
//
// It has no indexes, streams, capacity or global tables: each region's table stands alone, since a lock that
// replicates with a delay is none. A request that needs an index is refused as DynamoDB refuses an unknown one.
package dynamodb

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
	"github.com/acso/disaster-recovery/lab/cloud/dynamodb/expression"
)

// Item is one item.
type Item = expression.Item

// Service is DynamoDB in all regions.
type Service struct {
	// Lag is how old the answer of an eventually consistent read may be; 0 makes every read current. AWS says that
	// copies are consistent "usually within one second or less":
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
	Lag time.Duration

	cloud  *cloud.Cloud
	tables map[[2]string]*table // by region and name
}

type table struct {
	region, name    string
	partition, sort string // sort is "" when the table has no sort key
	rows            map[string]*row
}

// row is an item with its version before the last write, for eventually consistent reads.
type row struct {
	item, previous Item // nil when it does not exist
	written        time.Time
}

// New models DynamoDB.
func New(c *cloud.Cloud) *Service {
	s := &Service{cloud: c, tables: map[[2]string]*table{}}
	c.Union(&types.AttributeValueMemberS{}, &types.AttributeValueMemberN{}, &types.AttributeValueMemberB{}, &types.AttributeValueMemberBOOL{},
		&types.AttributeValueMemberNULL{}, &types.AttributeValueMemberM{}, &types.AttributeValueMemberL{},
		&types.AttributeValueMemberSS{}, &types.AttributeValueMemberNS{}, &types.AttributeValueMemberBS{})
	s.registerItems()
	s.registerQueries()
	s.registerTransactions()
	return s
}

// Create makes an active table in a region, with a partition key and, unless it is "", a sort key.
func (s *Service) Create(region, name, partition, sort string) {
	s.tables[[2]string{region, name}] = &table{region: region, name: name, partition: partition, sort: sort, rows: map[string]*row{}}
}

// Put writes an item as a scenario, past conditions and permissions. It panics when the table does not exist.
func (s *Service) Put(region, name string, item Item) {
	t := s.tables[[2]string{region, name}]
	if t == nil {
		panic(fmt.Sprintf("lab: no table %s in %s", name, region))
	}
	id, err := t.identity(item, false)
	if err != nil {
		panic(fmt.Sprintf("lab: item for %s in %s: %v", name, region, err))
	}
	s.store(t, id, expression.CopyItem(item))
}

// Items are the items of a table, in the order of their keys; nil when there is no such table.
func (s *Service) Items(region, name string) []Item {
	t := s.tables[[2]string{region, name}]
	if t == nil {
		return nil
	}
	var items []Item
	for _, id := range t.order() {
		items = append(items, expression.CopyItem(t.rows[id].item))
	}
	return items
}

// order gives the identities of the items that exist, by partition key and then by sort key. The order of partitions
// is a hash in AWS; callers must not rely on it.
func (t *table) order() []string {
	var ids []string
	for id, r := range t.rows {
		if r.item != nil {
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(i, j int) bool {
		a, b := t.rows[ids[i]].item, t.rows[ids[j]].item
		for _, key := range []string{t.partition, t.sort} {
			if order, ok := expression.Compare(a[key], b[key]); ok && order != 0 {
				return order < 0
			}
		}
		return ids[i] < ids[j]
	})
	return ids
}

// find looks a table up by name or ARN.
func (s *Service) find(call *cloud.Call, name *string) (*table, error) {
	t := s.tables[[2]string{call.Region, short(name)}]
	if t == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Requested resource not found")}
	}
	return t, nil
}

func short(name *string) string {
	text := aws.ToString(name)
	return text[strings.LastIndex(text, "/")+1:]
}

// actions is the one IAM action of an operation on its table.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func (s *Service) actions(call *cloud.Call, action string, name *string) []grant.Action {
	return []grant.Action{{Name: "dynamodb:" + action, Resource: s.cloud.ARN("dynamodb", call.Region, "table/"+short(name))}}
}

// identity is the item's key as text. exact refuses attributes that are not part of the key.
func (t *table) identity(key Item, exact bool) (string, error) {
	id := ""
	wanted := []string{t.partition}
	if t.sort != "" {
		wanted = append(wanted, t.sort)
	}
	for _, name := range wanted {
		v := key[name]
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			if v.Value == "" {
				return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", name)
			}
			id += "S" + v.Value + "\x00"
		case *types.AttributeValueMemberN:
			n, err := expression.Number(v.Value)
			if err != nil {
				return "", refused(err)
			}
			id += "N" + n + "\x00"
		case nil:
			if exact {
				return "", invalid("The provided key element does not match the schema")
			}
			return "", invalid("One or more parameter values were invalid: Missing the key %s in the item", name)
		default:
			return "", invalid("One or more parameter values were invalid: Type mismatch for key %s", name)
		}
	}
	if exact && len(key) != len(wanted) {
		return "", invalid("The provided key element does not match the schema")
	}
	return id, nil
}

func (t *table) current(id string) Item {
	if r := t.rows[id]; r != nil {
		return r.item
	}
	return nil
}

func (s *Service) store(t *table, id string, item Item) {
	r := t.rows[id]
	if r == nil {
		r = &row{}
		t.rows[id] = r
	}
	r.previous, r.item, r.written = r.item, item, s.cloud.Sim.Now()
}

// read is the item as a read sees it.
func (s *Service) read(r *row, consistent bool) Item {
	if r == nil {
		return nil
	}
	if !consistent && s.Lag > 0 && s.cloud.Sim.Now().Sub(r.written) < s.Lag {
		return r.previous
	}
	return r.item
}

func invalid(message string, args ...any) error {
	return cloud.Error("ValidationException", message, args...)
}

func refused(err error) error {
	if err == nil {
		return nil
	}
	return cloud.Error("ValidationException", "%s", err.Error())
}
