package console

import (
	"math"
	"strings"
)

// bar draws a share of a whole in cells columns, in eighths of a cell. More than the whole is a full bar: the words
// beside it say by how much.
func bar(share float64, cells int) string {
	share = min(1, max(0, share))
	eighths := int(math.Round(share * float64(cells) * 8))
	text := strings.Repeat("█", eighths/8)
	if part := eighths % 8; part > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[part-1])
	}
	return text + strings.Repeat("·", cells-(eighths+7)/8)
}
