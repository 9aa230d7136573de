package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/acso/disaster-recovery/lab/cloud"
)

// checksum is one additional checksum of an object or part.
type checksum struct {
	algorithm types.ChecksumAlgorithm
	value     string // base64, with -N for a composite
	kind      types.ChecksumType
}

// nvme is CRC-64/NVME, which S3 computes when the client names no algorithm.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
const nvme = 0x9a6c9329ac4bc9b5

func digest(algorithm types.ChecksumAlgorithm, body []byte) []byte {
	switch algorithm {
	case types.ChecksumAlgorithmSha256:
		sum := sha256.Sum256(body)
		return sum[:]
	case types.ChecksumAlgorithmSha1:
		sum := sha1.Sum(body)
		return sum[:]
	case types.ChecksumAlgorithmCrc32:
		return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))
	case types.ChecksumAlgorithmCrc32c:
		return binary.BigEndian.AppendUint32(nil, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	case types.ChecksumAlgorithmCrc64nvme:
		return binary.BigEndian.AppendUint64(nil, crc64.Checksum(body, crc64.MakeTable(nvme)))
	}
	panic(fmt.Sprintf("lab: the checksum algorithm %q is not modelled", algorithm))
}

func full(algorithm types.ChecksumAlgorithm, body []byte) checksum {
	return checksum{algorithm, base64.StdEncoding.EncodeToString(digest(algorithm, body)), types.ChecksumTypeFullObject}
}

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// claims are the checksums that a request states for its body.
type claims struct {
	md5, crc32, crc32c, crc64, sha1, sha256 *string
	algorithm                               types.ChecksumAlgorithm
}

// verify computes the checksum to keep and refuses a body that is not what the request says.
func (c claims) verify(call *cloud.Call, body []byte) (checksum, error) {
	sum := md5.Sum(body)
	if c.md5 != nil && *c.md5 != base64.StdEncoding.EncodeToString(sum[:]) {
		return checksum{}, cloud.Error("BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	chosen := c.algorithm
	for _, claim := range []struct {
		algorithm types.ChecksumAlgorithm
		value     *string
	}{
		{types.ChecksumAlgorithmCrc32, c.crc32}, {types.ChecksumAlgorithmCrc32c, c.crc32c}, {types.ChecksumAlgorithmCrc64nvme, c.crc64},
		{types.ChecksumAlgorithmSha1, c.sha1}, {types.ChecksumAlgorithmSha256, c.sha256},
	} {
		if claim.value == nil {
			continue
		}
		if got := full(claim.algorithm, body); got.value != *claim.value {
			return checksum{}, cloud.Error("BadDigest", "The %s you specified did not match the calculated checksum.", claim.algorithm)
		}
		chosen = claim.algorithm
	}
	if chosen == "" {
		chosen = announced(call)
	}
	return full(chosen, body), nil
}

// announced is the algorithm of the checksum that the SDK added by itself, as a header or trailer.
func announced(call *cloud.Call) types.ChecksumAlgorithm {
	name, ok := strings.CutPrefix(strings.ToLower(call.Header("X-Amz-Trailer")), "x-amz-checksum-")
	if ok {
		return types.ChecksumAlgorithm(strings.ToUpper(name))
	}
	for _, algorithm := range types.ChecksumAlgorithm("").Values() {
		if call.Header("X-Amz-Checksum-"+string(algorithm)) != "" {
			return algorithm
		}
	}
	return types.ChecksumAlgorithmCrc64nvme
}

// fields are the output fields of a checksum: one is set.
type fields struct{ crc32, crc32c, crc64, sha1, sha256 *string }

func (c checksum) fields() (f fields) {
	switch c.algorithm {
	case types.ChecksumAlgorithmCrc32:
		f.crc32 = aws.String(c.value)
	case types.ChecksumAlgorithmCrc32c:
		f.crc32c = aws.String(c.value)
	case types.ChecksumAlgorithmCrc64nvme:
		f.crc64 = aws.String(c.value)
	case types.ChecksumAlgorithmSha1:
		f.sha1 = aws.String(c.value)
	case types.ChecksumAlgorithmSha256:
		f.sha256 = aws.String(c.value)
	}
	return f
}
