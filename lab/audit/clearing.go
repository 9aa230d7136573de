package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/restoretest"
	"github.com/acso/disaster-recovery/lab/cloud/lambda"
)

// clearAnUpload: a restore test died within the upload of a large object, of which no scenario has one.
func (s *site) clearAnUpload() {
	execution := s.Cloud.ARN("states", s.primary, "execution:"+s.Env.MachineName("test-restore")+":died")
	s.do("begin an upload", s.primary, func(ctx context.Context, config aws.Config) error {
		_, err := s3.NewFromConfig(config).CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
			Bucket: aws.String(s.Env.RestoreTestBucket(s.primary)), Key: aws.String(restoretest.Folder(s.Env, execution) + "application-data/large"),
		})
		return err
	})
	s.Lambda.Invoke(s.Lambda.ARN(s.primary, s.Env.FunctionName("cleartest")), json.RawMessage(fmt.Sprintf(`{"action":"clear","execution":%q}`, execution)),
		func(json.RawMessage, *lambda.Error) {})
}
