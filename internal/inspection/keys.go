package inspection

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func (r *run) databaseKey(ctx context.Context) judging.Finding {
	return r.usable(ctx, r.e.DatabaseKey(r.here))
}

func (r *run) sharedKey(ctx context.Context) judging.Finding { return r.usable(ctx, r.e.KeyAlias()) }

func (r *run) key(ctx context.Context, id string) (*types.KeyMetadata, error) {
	out, err := r.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
	if err != nil {
		return nil, failure.FromAWS(err, "describe key %s", id)
	}
	return out.KeyMetadata, nil
}

func (r *run) usable(ctx context.Context, id string) judging.Finding {
	key, err := r.key(ctx, id)
	if err != nil {
		return judging.Of(err)
	}
	if key.KeyState != types.KeyStateEnabled {
		return judging.Fails("%s is %s", id, key.KeyState)
	}
	r.fact("key "+id, "%s", aws.ToString(key.Arn))
	return judging.Passes("%s is enabled", id)
}
