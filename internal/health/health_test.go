package health

import "testing"

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   Verdict
	}{
		{200, `{"status":"healthy"}`, Serving},
		{200, `{"status":"healthy","region":"us-west-2","uptime":7}`, Serving},
		{200, `{"status":"unhealthy"}`, Down},
		{200, `{"status":"Healthy"}`, Unknown},
		{200, `{"status":"degraded"}`, Unknown},
		{200, `{}`, Unknown},
		{200, `healthy`, Unknown},
		{200, ``, Unknown},
		{204, `{"status":"healthy"}`, Unknown},
		{301, `{"status":"healthy"}`, Unknown},
		{403, ``, Unknown},
		{404, `{"status":"unhealthy"}`, Unknown},
		{500, `{"status":"healthy"}`, Down},
		{503, `no JSON`, Down},
	} {
		if got := Judge(c.status, []byte(c.body)); got.Verdict != c.want || got.Detail == "" {
			t.Errorf("%d %s is %s (%s), want %s", c.status, c.body, got.Verdict, got.Detail, c.want)
		}
	}
}
