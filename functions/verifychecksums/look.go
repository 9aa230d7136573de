package verifychecksums

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// look compares what S3 says of an object with the manifest. S3 computed the digest when the object came, so damage behind
// its back does not show; an object of which S3 keeps no such digest is unknown and not passed.
func (h *Handler) look(ctx context.Context, item Item) (Verdict, string, error) {
	in := &s3.HeadObjectInput{Bucket: aws.String(h.bucket), Key: aws.String(item.Key), ChecksumMode: types.ChecksumModeEnabled}
	if item.VersionID != "" {
		in.VersionId = aws.String(item.VersionID)
	}
	out, err := h.client.HeadObject(ctx, in)
	switch code := failure.Code(err); {
	case code == "NoSuchKey" || code == "NoSuchVersion" || code == "NotFound" || code == "MethodNotAllowed":
		return Missing, "is not stored: " + code, nil
	case err != nil:
		return Unknown, "cannot be looked at: " + err.Error(), nil
	}
	switch size, stated := aws.ToInt64(out.ContentLength), aws.ToString(out.ChecksumSHA256); {
	case size < item.Size:
		return Truncated, fmt.Sprintf("has %d bytes and was stored with %d", size, item.Size), nil
	case size > item.Size:
		return Mismatch, fmt.Sprintf("has %d bytes and was stored with %d", size, item.Size), nil
	case stated == "":
		return Unknown, "has no SHA-256 of S3 to compare", nil
	case stated != item.Checksum:
		return Mismatch, fmt.Sprintf("has SHA-256 %s by S3 and was stored with %s", stated, item.Checksum), nil
	}
	return Pass, "", nil
}
