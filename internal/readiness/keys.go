package readiness

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/judging"
)

func keyRules() []rule {
	return []rule{
		{
			name: "database-key", blocks: true,
			why:    "Replica, snapshots and their copies are encrypted under this key: without it nothing of them can be read.",
			next:   "enable the key here (aws kms enable-key, after cancel-key-deletion when it waits for that), or correct database.keys in the environment file",
			forced: "the promotion is refused; RDS stops an instance whose key is gone",
		},
		{
			name:   "shared-key",
			why:    "Buckets, topics, tables and sealed secrets are encrypted under the multi-region key's replica here.",
			next:   "enable the key here (aws kms enable-key), or replicate the primary key into this region",
			forced: "secrets do not open, functions cannot publish, and services that read secrets do not start",
		},
		{
			name: "shared-key-same", at: active, after: []string{"shared-key"}, look: (*run).sharedKeySame,
			why:    "A secret that was sealed in the other region opens here only under a replica of the same key.",
			next:   "point the alias here to the replica of the active region's multi-region key",
			forced: "recovery points of the configuration cannot be opened here",
		},
	}
}

func (r *run) key(ctx context.Context, client *kms.Client, id string) (*types.KeyMetadata, error) {
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
	if err != nil {
		return nil, failure.FromAWS(err, "describe key %s", id)
	}
	return out.KeyMetadata, nil
}

func (r *run) sharedKeySame(ctx context.Context) judging.Finding {
	here, err := r.key(ctx, r.near.kms, r.e.KeyAlias())
	if err != nil {
		return judging.Of(err)
	}
	var there *types.KeyMetadata
	if err := r.there.ask(ctx, func(ctx context.Context) (err error) {
		there, err = r.key(ctx, r.far.kms, r.e.KeyAlias())
		return err
	}); err != nil {
		return judging.Of(err)
	}
	if aws.ToString(here.KeyId) != aws.ToString(there.KeyId) || !aws.ToBool(here.MultiRegion) {
		return judging.Fails("%s is key %s here and %s in %s", r.e.KeyAlias(), aws.ToString(here.KeyId), aws.ToString(there.KeyId), r.other)
	}
	return judging.Passes("%s is the same key in both regions", r.e.KeyAlias())
}
