package manifest

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheCodecIsThatOfEncodingJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a/b c", "<&>", "\u2028", "\\", "\"", "\x00"}))
	digest := rapid.StringMatching(`[0-9a-f]{64}`)
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name+" ns")).UTC()
		}
		o := Object{
			Key: text.Draw(t, "key"), VersionID: text.Draw(t, "version"), Size: rapid.Int64Min(0).Draw(t, "size"),
			SHA256: digest.Draw(t, "sha256"), MD5: digest.Draw(t, "md5")[:32], Modified: at("modified"),
			Mode: rapid.SampledFrom([]string{"", "0644"}).Draw(t, "mode"), Changed: rapid.Bool().Draw(t, "changed"),
		}
		if rapid.Bool().Draw(t, "stored") {
			o.Stored = at("stored")
		}
		if rapid.Bool().Draw(t, "link") {
			o.Link = text.Draw(t, "target")
		}
		if rapid.Bool().Draw(t, "parts") {
			o.PartSize, o.Parts = 5, rapid.SliceOfN(digest, 0, 3).Draw(t, "digests")
		}
		want, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendObject(nil, o); string(got) != string(want) {
			t.Fatalf("wrote\n%s and encoding/json\n%s", got, want)
		}
		same(t, append(want, '\n'))
	})
}

// same: what scan reads, encoding/json reads alike.
func same(t interface{ Fatalf(string, ...any) }, line []byte) {
	got, ok := scan(line)
	if !ok {
		return
	}
	var want Object
	if err := strict(line, &want); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("read %q as %+v, and encoding/json as %+v, %v", line, got, want, err)
	}
}

func TestThePlainLineIsScanned(t *testing.T) {
	line := append(appendObject(nil, Object{Key: "p/a", VersionID: "v", SHA256: "0", MD5: "1", Mode: "0644", Stored: time.Unix(1, 0).UTC()}), '\n')
	if _, ok := scan(line); !ok {
		t.Errorf("%s goes to encoding/json", line)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(append(appendObject(nil, Object{Key: "p/a", SHA256: "0", MD5: "1", Mode: "0644"}), '\n'))
	f.Add([]byte(`{"key":"a","versionId":"","size":01,"sha256":"","md5":"","modified":"2026-01-15T10:30:00Z"}` + "\n"))
	f.Fuzz(func(t *testing.T, line []byte) { same(t, line) })
}
