package kms

import (
	"crypto/sha256"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/grant"
	"github.com/acso/disaster-recovery/lab/cloud"
)

func (s *Service) register() {
	// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
	cloud.Register(s.cloud, "KMS.DescribeKey", cloud.Spec[kms.DescribeKeyInput]{
		Actions: func(c *cloud.Call, in *kms.DescribeKeyInput) []grant.Action {
			return s.Actions(c.Region, "kms:DescribeKey", aws.ToString(in.KeyId))
		},
	}, s.describeKey)
	cloud.Register(s.cloud, "KMS.Encrypt", cloud.Spec[kms.EncryptInput]{
		Actions: func(c *cloud.Call, in *kms.EncryptInput) []grant.Action {
			return s.Actions(c.Region, "kms:Encrypt", aws.ToString(in.KeyId))
		},
	}, s.encrypt)
	cloud.Register(s.cloud, "KMS.Decrypt", cloud.Spec[kms.DecryptInput]{
		Actions: func(c *cloud.Call, in *kms.DecryptInput) []grant.Action {
			id, err := keyOf(in.CiphertextBlob)
			if err != nil {
				id = aws.ToString(in.KeyId)
			}
			return s.Actions(c.Region, "kms:Decrypt", id)
		},
	}, s.decrypt)
	cloud.Register(s.cloud, "KMS.GenerateDataKey", cloud.Spec[kms.GenerateDataKeyInput]{
		Actions: func(c *cloud.Call, in *kms.GenerateDataKeyInput) []grant.Action {
			return s.Actions(c.Region, "kms:GenerateDataKey", aws.ToString(in.KeyId))
		},
	}, s.generateDataKey)
	cloud.Register(s.cloud, "KMS.CreateGrant", cloud.Spec[kms.CreateGrantInput]{
		Mutating: true,
		Actions: func(c *cloud.Call, in *kms.CreateGrantInput) []grant.Action {
			return s.Actions(c.Region, "kms:CreateGrant", aws.ToString(in.KeyId))
		},
	}, s.createGrant)
}

func (s *Service) describeKey(call *cloud.Call, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	k, err := s.find(call.Region, *in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{
		KeyId: aws.String(k.id), Arn: aws.String(k.arn), KeyState: k.state, Enabled: k.state == Enabled, MultiRegion: aws.Bool(k.multiRegion),
		KeyManager: types.KeyManagerTypeCustomer, KeyUsage: types.KeyUsageTypeEncryptDecrypt, KeySpec: types.KeySpecSymmetricDefault,
		AWSAccountId: aws.String(s.cloud.Account),
	}}, nil
}

func (s *Service) encrypt(call *cloud.Call, in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	if len(in.Plaintext) == 0 || len(in.Plaintext) > 4096 { // https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
		return nil, cloud.Error("ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and 4096")
	}
	k, err := s.usable(call.Region, *in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{KeyId: aws.String(k.arn), CiphertextBlob: seal(k.id, in.Plaintext, in.EncryptionContext), EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, nil
}

func (s *Service) decrypt(call *cloud.Call, in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	id, err := keyOf(in.CiphertextBlob)
	if err != nil {
		return nil, &types.InvalidCiphertextException{}
	}
	k, err := s.find(call.Region, id)
	if err != nil {
		// A key of another region is not known here; AWS answers with the ciphertext's fault, not the key's.
		return nil, &types.InvalidCiphertextException{}
	}
	if in.KeyId != nil {
		named, err := s.find(call.Region, *in.KeyId)
		if err != nil {
			return nil, err
		}
		if named != k {
			return nil, &types.IncorrectKeyException{Message: aws.String("The key ID in the request does not identify a CMK that can perform this operation.")}
		}
	}
	if k, err = s.usable(call.Region, k.arn); err != nil {
		return nil, err
	}
	plain, err := unseal(in.CiphertextBlob, in.EncryptionContext)
	if err != nil {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{KeyId: aws.String(k.arn), Plaintext: plain, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, nil
}

func (s *Service) generateDataKey(call *cloud.Call, in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	size := 32
	switch {
	case in.KeySpec == types.DataKeySpecAes128:
		size = 16
	case in.NumberOfBytes != nil:
		size = int(*in.NumberOfBytes)
	case in.KeySpec == "":
		return nil, cloud.Error("ValidationException", "Please specify either number of bytes or key spec.")
	}
	if size < 1 || size > 1024 {
		return nil, cloud.Error("ValidationException", "1 validation error detected: Value '%d' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024", size)
	}
	k, err := s.usable(call.Region, *in.KeyId)
	if err != nil {
		return nil, err
	}
	var plain []byte
	for len(plain) < size {
		s.made++
		block := sha256.Sum256(fmt.Appendf(nil, "data key %d of seed %d", s.made, s.cloud.Sim.Seed()))
		plain = append(plain, block[:]...)
	}
	plain = plain[:size]
	return &kms.GenerateDataKeyOutput{KeyId: aws.String(k.arn), Plaintext: plain, CiphertextBlob: seal(k.id, plain, in.EncryptionContext)}, nil
}

func (s *Service) createGrant(call *cloud.Call, in *kms.CreateGrantInput) (*kms.CreateGrantOutput, error) {
	k, err := s.find(call.Region, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if k.state == PendingDeletion {
		return nil, &types.KMSInvalidStateException{Message: aws.String(k.arn + " is pending deletion.")}
	}
	id := fmt.Sprintf("%064d", len(s.grants)+1)
	s.grants = append(s.grants, Grant{ID: id, Key: k.arn, Grantee: aws.ToString(in.GranteePrincipal), Operations: append([]types.GrantOperation(nil), in.Operations...)})
	return &kms.CreateGrantOutput{GrantId: aws.String(id), GrantToken: aws.String("token-" + id)}, nil
}
