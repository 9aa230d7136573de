package sighting_test

import (
	"testing"

	"github.com/acso/disaster-recovery/stacks/sighting"
)

func TestASightingSaysWhoseAndFromWhen(t *testing.T) {
	for _, c := range []struct {
		seen sighting.Sighting
		want string
	}{
		{sighting.Sighting{}, "**not confirmed**"},
		{sighting.Sighting{Dated: "2026"}, "**not confirmed**"},
		{sighting.Sighting{Page: "https://aws.amazon.com/kms/pricing/"}, "[AWS](https://aws.amazon.com/kms/pricing/), undated"},
		{sighting.Sighting{Page: "https://github.com/awsdocs/x", Dated: "2022"}, "[AWS](https://github.com/awsdocs/x), 2022"},
		{sighting.Sighting{Page: "https://aws.amazon.com.example.com/kms", Dated: "2026-06"}, "[others](https://aws.amazon.com.example.com/kms), 2026-06"},
	} {
		if got := c.seen.String(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.seen, got, c.want)
		}
	}
}
