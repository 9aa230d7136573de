package expression_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/acso/disaster-recovery/lab/cloud/dynamodb/expression"
)

func s(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
func n(text string) types.AttributeValue { return &types.AttributeValueMemberN{Value: text} }

func item() expression.Item {
	return expression.Item{
		"pk": s("incident"), "phase": s("open"), "epoch": n("7"), "ratio": n("1.50"),
		"tags":  &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
		"steps": &types.AttributeValueMemberL{Value: []types.AttributeValue{n("1"), n("2"), n("3")}},
		"doc":   &types.AttributeValueMemberM{Value: expression.Item{"leaf": s("deep")}},
	}
}

var values = map[string]types.AttributeValue{
	":open": s("open"), ":op": s("op"), ":seven": n("7.0"), ":six": n("6"), ":ten": n("1e1"), ":a": s("a"), ":one": n("1"),
	":deep": s("deep"), ":S": s("S"), ":m": &types.AttributeValueMemberM{Value: expression.Item{}}, ":l": &types.AttributeValueMemberL{Value: []types.AttributeValue{n("4")}},
	":set": &types.AttributeValueMemberSS{Value: []string{"b", "c"}},
}

var names = map[string]string{"#s": "phase", "#gone": "gone"}

func TestConditions(t *testing.T) {
	for text, want := range map[string]bool{
		"epoch = :seven":                     true, // numbers by value
		"#s = :open AND epoch > :six":        true,
		"#s <> :open OR epoch >= :ten":       false,
		"NOT #s = :open":                     false,
		"NOT (#s = :open AND epoch < :six)":  true,
		"NOT #s <> :open AND epoch = :seven": true, // NOT binds before AND
		"#s = :open OR #s = :a AND #s = :a":  true, // AND binds before OR
		"epoch BETWEEN :six AND :ten":        true,
		"#s IN (:a, :open)":                  true,
		"attribute_exists(doc.leaf)":         true,
		"attribute_not_exists(#gone)":        true,
		"attribute_type(#s, :S)":             true,
		"begins_with(#s, :op)":               true,
		"contains(tags, :a)":                 true,
		"contains(steps, :one)":              true,
		"contains(#s, :op)":                  true,
		"size(steps) >= :one":                true,
		"steps[0] = :one":                    true,
		"steps[9] = :one":                    false,
		"doc.leaf = :deep":                   true,
		"#gone = :a":                         false,
		"#gone <> :a":                        true, // a missing attribute is unequal
		"#gone < :a":                         false,
		"#s < :six":                          false, // another type
	} {
		c, err := expression.NewReader(names, values).Condition("ConditionExpression", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := c(item()); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

func TestRefusedExpressions(t *testing.T) {
	for text, want := range map[string]string{
		"status = :open":                   "reserved keyword",
		"owner = :open":                    "reserved keyword",
		"#nope = :open":                    "not defined",
		"phase = :nope":                    "not defined",
		"phase = ":                         "Syntax error",
		"phase == :open":                   "Syntax error",
		"phase = :open garbage":            "Syntax error",
		"phase = :open AND":                "Syntax error",
		"exists(phase)":                    "Invalid function name",
		"begins_with(phase, :six)":         "Incorrect operand type",
		"phase < :m":                       "Incorrect operand type",
		"epoch BETWEEN :ten AND :six":      "upper bound",
		"":                                 "can not be empty",
		strings.Repeat("(", 200) + "phase": "nested too deeply",
	} {
		_, err := expression.NewReader(names, values).Condition("ConditionExpression", text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestUnusedPlaceholdersAreRefused(t *testing.T) {
	r := expression.NewReader(names, values)
	if _, err := r.Condition("ConditionExpression", "#s = :open"); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(); err == nil || !strings.Contains(err.Error(), "#gone") {
		t.Errorf("%v, want #gone unused", err)
	}
}

func TestUpdates(t *testing.T) {
	for text, check := range map[string]string{
		"SET epoch = epoch + :one":                             "epoch = :v|8",
		"SET epoch = epoch - :one":                             "epoch = :v|6",
		"SET fresh = if_not_exists(fresh, :one)":               "fresh = :v|1",
		"SET epoch = if_not_exists(epoch, :one)":               "epoch = :v|7",
		"SET ratio = ratio + :one":                             "ratio = :v|2.5",
		"ADD epoch :six REMOVE phase":                          "epoch = :v|13",
		"ADD fresh :six":                                       "fresh = :v|6",
		"SET steps = list_append(steps, :l)":                   "steps[3] = :v|4",
		"REMOVE steps[0]":                                      "steps[0] = :v|2",
		"SET steps[50] = :ten":                                 "steps[3] = :v|10",
		"SET epoch = steps[2], ratio = epoch":                  "ratio = :v|7", // from the item before
		"SET doc.fresh = :six REMOVE doc.leaf":                 "doc.fresh = :v|6",
		"DELETE tags :set":                                     "size(tags) = :v|1",
		"ADD tags :set":                                        "size(tags) = :v|3",
		"SET epoch = if_not_exists(fresh, epoch) + :one":       "epoch = :v|8",
		"set epoch = :one":                                     "epoch = :v|1", // keywords in any case
		"REMOVE nothing":                                       "epoch = :v|7",
		"SET #gone = :one":                                     "gone = :v|1",
		"SET steps = list_append(if_not_exists(z, :l), steps)": "steps[0] = :v|4",
	} {
		u, err := expression.NewReader(names, values).Update(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		before := item()
		after, err := u.Apply(before)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		condition, want, _ := strings.Cut(check, "|")
		c, err := expression.NewReader(nil, map[string]types.AttributeValue{":v": n(want)}).Condition("check", condition)
		if err != nil {
			t.Fatal(err)
		}
		if !c(after) {
			t.Errorf("%s: %s does not hold", text, check)
		}
		for key, v := range item() {
			if !expression.Equal(v, before[key]) {
				t.Errorf("%s changed the item it was given", text)
			}
		}
	}
}

func TestRefusedUpdates(t *testing.T) {
	for text, want := range map[string]string{
		"SET epoch = :one, epoch = :six":    "overlap",
		"SET doc = :m REMOVE doc.leaf":      "overlap",
		"SET epoch = :one SET ratio = :six": "only be used once",
		"SET epoch = gone + :one":           "does not exist",
		"SET epoch = phase + :one":          "incorrect data type",
		"SET gone.leaf = :one":              "invalid for update",
		"REMOVE gone.leaf":                  "invalid for update",
		"ADD phase :open":                   "Incorrect operand type",
		"PUT epoch = :one":                  "Syntax error",
		"SET epoch = :one,":                 "Syntax error",
	} {
		u, err := expression.NewReader(names, values).Update(text)
		if err == nil {
			_, err = u.Apply(item())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestNumbersAreNormalised(t *testing.T) {
	for text, want := range map[string]string{"007": "7", "1.50": "1.5", "1e3": "1000", "-0": "0", "1E-3": "0.001"} {
		if got, err := expression.Number(text); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "1/2", "0x10", "1e999", "1_000", strings.Repeat("1", 39), "+", "NaN"} {
		if got, err := expression.Number(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func FuzzExpressions(f *testing.F) {
	for _, text := range []string{"#s = :open AND NOT (a.b[0] <> :six)", "SET a = if_not_exists(a, :one) + :six REMOVE b", "ADD epoch :one", "size(steps) IN (:one)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := expression.NewReader(names, values)
		if c, err := r.Condition("ConditionExpression", text); err == nil {
			if first := c(item()); first != c(item()) {
				t.Error("the same condition on the same item has two answers")
			}
		}
		if u, err := r.Update(text); err == nil {
			if _, err := u.Apply(item()); err != nil && err.Error() == "" {
				t.Error("an error without a reason")
			}
		}
		_, _ = r.Projection(text) // must not panic; what it refuses is tested above
	})
}
