package conform

import "testing"

func TestRecordings(t *testing.T) {
	r, err := Dir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	if !r.Agrees() {
		t.Errorf("\n%s", r)
	}
}
