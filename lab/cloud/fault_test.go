package cloud_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/acso/disaster-recovery/lab/cloud"
)

func TestAFaultReadsAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := cloud.Fault{
			Operation: rapid.SampledFrom([]string{"*", "mutating", "RDS.*", "RDS.PromoteReadReplica"}).Draw(t, "operation"),
			Region:    rapid.SampledFrom([]string{"", "us-west-2"}).Draw(t, "region"),
			First:     rapid.IntRange(1, 500).Draw(t, "first"),
			Count:     rapid.IntRange(0, 500).Draw(t, "count"),
			Effect:    rapid.SampledFrom(cloud.Effects).Draw(t, "effect"),
		}
		back, err := cloud.ParseFault(f.String())
		if err != nil || back != f {
			t.Fatalf("%q reads as %+v (%v), was %+v", f, back, err, f)
		}
	})
}

func TestMistakesInFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"RDS.*":                     "want OPERATION",
		":throttled":                "want OPERATION",
		"RDS.*:explode":             `"explode" is none of`,
		"RDS.*#0:throttled":         `"0" is not the number of a call`,
		"RDS.*#x:throttled":         `"x" is not the number of a call`,
		"RDS.*#1+:throttled":        `"" is not a number of calls`,
		"RDS.*@us-west-2#1+-1:slow": `"-1" is not a number of calls`,
	} {
		if _, err := cloud.ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want something with %s", text, err, want)
		}
	}
}

func TestAFaultThatCanMeetNoCallIsRefused(t *testing.T) {
	b := newBoard()
	for text, ok := range map[string]bool{
		"SNS.Publish:slow": true, "SNS.*@us-west-2:slow": true, "*:slow": true, "mutating:slow": true,
		"SNS.Publish@eu-west-1:slow": false, "SNS.Shout:slow": false, "SQS.*:slow": false,
	} {
		f, err := cloud.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.CheckFault(f); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("RDS.PromoteReadReplica@us-west-2#1+1:lost-response")
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := cloud.ParseFault(text)
		if err != nil {
			return
		}
		if again, err := cloud.ParseFault(fault.String()); err != nil || again != fault {
			t.Errorf("%q reads as %+v and is written as %q, which reads as %+v (%v)", text, fault, fault, again, err)
		}
	})
}
