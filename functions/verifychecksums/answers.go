package verifychecksums

import (
	"context"
	"encoding/json"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/verification"
)

// written is the manifest.json of a ResultWriter, and child one entry of its files. FAILED also has what timed out and what
// was aborted: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type written struct {
	ResultFiles struct {
		Failed    []struct{ Key string } `json:"FAILED"`
		Succeeded []struct{ Key string } `json:"SUCCEEDED"`
	}
}

type child struct {
	Input, Output, Error, Cause string
}

// answers are what the map's child executions said, by item.
type answers struct {
	good map[int]verification.Answer
	why  map[int]string // of items whose function failed
}

// answers reads the results of the map. An item that is in neither has no answer either.
func (h *Handler) answers(ctx context.Context, results string) (answers, error) {
	all := answers{map[int]verification.Answer{}, map[int]string{}}
	if results == "" {
		return all, nil
	}
	var index written
	if err := h.decode(ctx, results, &index); err != nil {
		return all, err
	}
	for _, file := range index.ResultFiles.Succeeded {
		var children []child
		if err := h.decode(ctx, file.Key, &children); err != nil {
			return all, err
		}
		for _, c := range children {
			var out Output
			if err := json.Unmarshal([]byte(c.Output), &out); err != nil || out.Answer == nil || out.Answer.Item < 1 {
				return all, failure.New(failure.Failed, "read "+h.at(file.Key), "an item answered what is no result (%v): %s", err, shorten(c.Output))
			}
			all.good[out.Answer.Item] = *out.Answer
		}
	}
	for _, file := range index.ResultFiles.Failed {
		var children []child
		if err := h.decode(ctx, file.Key, &children); err != nil {
			return all, err
		}
		for _, c := range children {
			var item verification.Item
			if json.Unmarshal([]byte(c.Input), &item) == nil { // else it stays without an answer, and without the reason
				all.why[item.Number] = "its batch failed: " + c.Error + ": " + shorten(c.Cause)
			}
		}
	}
	return all, nil
}
