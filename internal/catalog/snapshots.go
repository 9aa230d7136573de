package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/retention"
)

// The tags of a snapshot that say more than RDS does.
const (
	HoldTag     = "acso-legal-hold" // on: it stays, whatever its age
	RestoredTag = "acso-restored"   // when it was last restored and found good, RFC 3339
)

// CopySuffix ends the name of a snapshot's copy in the other region.
const CopySuffix = "-dr"

// ClassTag is the tag that a snapshot and its copy get when they are made, so that retention does not have to guess from the
// time of day. "" is the longer of the two classes of snapshots; any other is refused with InvalidInput.
func ClassTag(class retention.Class) (types.Tag, error) {
	if class == "" {
		class = retention.Manual
	}
	if class != retention.Manual && class != retention.Automated {
		return types.Tag{}, failure.New(failure.InvalidInput, "keep a snapshot", "class %q is neither %s nor %s", class, retention.Manual, retention.Automated)
	}
	return types.Tag{Key: aws.String(retention.TagKey), Value: aws.String(string(class))}, nil
}

// Snapshots lists the manual snapshots of a region that backups of this environment made, by time. used counts all manual
// ones of the region, since the quota does.
func Snapshots(ctx context.Context, client *rds.Client, e *environment.Environment, region string) (points []Point, used int, err error) {
	in := &rds.DescribeDBSnapshotsInput{SnapshotType: aws.String("manual")}
	for {
		out, err := client.DescribeDBSnapshots(ctx, in)
		if err != nil {
			return nil, 0, failure.FromAWS(err, "list the snapshots in %s", region)
		}
		for _, s := range out.DBSnapshots {
			used++
			if p, ours := snapshot(s, e, region); ours {
				points = append(points, p)
			}
		}
		if in.Marker = out.Marker; aws.ToString(in.Marker) == "" {
			slices.SortStableFunc(points, byTime)
			return points, used, nil
		}
	}
}

// snapshot reads one snapshot. Its time is the one in its name, which a copy keeps: the copy's own is when it was copied.
func snapshot(s types.DBSnapshot, e *environment.Environment, region string) (Point, bool) {
	id := strings.TrimSuffix(aws.ToString(s.DBSnapshotIdentifier), CopySuffix)
	rest := ""
	for _, database := range []string{e.Database.Identifier, e.Database.Replica} {
		if tail, ok := strings.CutPrefix(id, database+"-"); ok {
			rest = tail
		}
	}
	const layout = "20060102-150405"
	if len(rest) < len(layout) {
		return Point{}, false
	}
	taken, err := time.Parse(layout, rest[:len(layout)])
	if err != nil {
		return Point{}, false // somebody's own: never ours to judge
	}
	p := Point{Point: retention.Point{ID: id, Kind: retention.Database, Taken: taken}, Bytes: int64(aws.ToInt32(s.AllocatedStorage)) << 30, Name: aws.ToString(s.DBSnapshotIdentifier)}
	for _, tag := range s.TagList {
		value := aws.ToString(tag.Value)
		switch aws.ToString(tag.Key) {
		case retention.TagKey:
			p.Class = retention.Class(value)
		case HoldTag:
			p.Hold = true
		case RestoredTag:
			if when, err := time.Parse(time.RFC3339, value); err == nil {
				p.Verified, p.Depth = when, retention.Restored
			}
		}
	}
	if aws.ToString(s.Status) == "available" {
		p.Regions = []string{region}
		p.Finished = aws.ToTime(s.SnapshotCreateTime)
	}
	return p, true
}

// Merge puts the snapshots of two regions together. One that is available in both counts as verified at depth copied: RDS
// has read all of it and written it again under the other region's key.
func Merge(here, there []Point) []Point {
	merged := slices.Clone(here)
	at := map[string]int{}
	for i, p := range merged {
		at[p.ID] = i
	}
	for _, other := range there {
		i, twin := at[other.ID]
		if !twin {
			merged = append(merged, other)
			continue
		}
		p := &merged[i]
		p.Regions = append(slices.Clone(p.Regions), other.Regions...)
		p.Hold = p.Hold || other.Hold
		if other.Depth == retention.Restored && other.Verified.After(p.Verified) {
			p.Verified, p.Depth = other.Verified, other.Depth
		}
		if len(p.Regions) == 2 && p.Verified.IsZero() {
			p.Verified, p.Depth = later(p.Finished, other.Finished), retention.Copied
		}
	}
	slices.SortStableFunc(merged, byTime)
	return merged
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func byTime(a, b Point) int { return a.Taken.Compare(b.Taken) }
