package manifest

import (
	"strings"
	"time"
)

// LongestKey is the most bytes that S3 takes for a key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const LongestKey = 1024

// ApplicationData is the kind whose manifests have nothing but the time in their names.
const ApplicationData = "application-data"

// Key is where the manifest of application data lies in its bucket: 2026/01/15/manifests/103000.json.
func Key(taken time.Time) string { return KeyOf(ApplicationData, taken) }

// KeyOf is where the manifest of a kind lies. Other kinds than application data are named in it, since the kinds of
// the daily backup may begin in the same second: 2026/01/15/manifests/000000-configuration.json.
func KeyOf(kind string, taken time.Time) string {
	name := Folder(taken) + taken.UTC().Format("150405")
	if kind != ApplicationData {
		name += "-" + kind
	}
	return name + ".json"
}

// Folder holds the manifests of a day (UTC).
func Folder(day time.Time) string { return Day(day) + "manifests/" }

// Day is the folder of everything that belongs to a day (UTC).
func Day(day time.Time) string { return day.UTC().Format("2006/01/02/") }

// ParseKey tells what a key of KeyOf says; ok is false for every other key.
func ParseKey(key string) (kind string, taken time.Time, ok bool) {
	const layout = "2006/01/02/manifests/150405"
	name, found := strings.CutSuffix(key, ".json")
	if !found || len(name) < len(layout) {
		return "", time.Time{}, false
	}
	taken, err := time.Parse(layout, name[:len(layout)])
	if err != nil {
		return "", time.Time{}, false
	}
	if name = name[len(layout):]; name == "" {
		return ApplicationData, taken, true
	}
	kind, found = strings.CutPrefix(name, "-")
	return kind, taken, found && kind != "" && kind != ApplicationData && !strings.Contains(kind, "/")
}
