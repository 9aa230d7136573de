package parameters

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/acso/disaster-recovery/internal/failure"
)

// Sealed is a secret under a data key of its own (AES-256-GCM), and the data key under the KMS key.
type Sealed struct {
	Key  []byte `json:"key"`  // ciphertext of KMS, base64 in JSON
	Data []byte `json:"data"` // base64 in JSON
}

// bound is what a secret is sealed for: KMS and the cipher refuse it for another name or version.
func bound(name string, version int64) map[string]string {
	return map[string]string{"name": name, "version": strconv.FormatInt(version, 10)}
}

// Seal makes the entry of a parameter. Secrets are sealed under the key; the data key is used once and forgotten.
func Seal(ctx context.Context, client *kms.Client, key string, p Parameter) (Entry, error) {
	e := Entry{Name: p.Name, Type: string(p.Type), Version: p.Version, Modified: p.Modified, DataType: p.DataType}
	if !p.Secret() {
		e.Value = &p.Value
		return e, nil
	}
	op := "seal parameter " + p.Name
	out, err := client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: aws.String(key), KeySpec: types.DataKeySpecAes256, EncryptionContext: bound(p.Name, p.Version),
	})
	if err != nil {
		return e, KeyError(err, op, key)
	}
	gcm, err := aead(out.Plaintext)
	if err != nil {
		return e, fmt.Errorf("%s: %w", op, err)
	}
	// A nonce must not be used twice with one key, and this key seals nothing else.
	e.Sealed = &Sealed{Key: out.CiphertextBlob, Data: gcm.Seal(nil, make([]byte, gcm.NonceSize()), []byte(p.Value), authenticated(p.Name, p.Version))}
	return e, nil
}

// Open gives the value of an entry.
func Open(ctx context.Context, client *kms.Client, e Entry) (string, error) {
	if e.Value != nil {
		return *e.Value, nil
	}
	op := "open parameter " + e.Name
	if e.Sealed == nil {
		return "", failure.New(failure.Failed, op, "it has neither a value nor a sealed one")
	}
	out, err := client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: e.Sealed.Key, EncryptionContext: bound(e.Name, e.Version)})
	if err != nil {
		return "", KeyError(err, op, "of the secret")
	}
	gcm, err := aead(out.Plaintext)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	plain, err := gcm.Open(nil, make([]byte, gcm.NonceSize()), e.Sealed.Data, authenticated(e.Name, e.Version))
	if err != nil {
		return "", failure.New(failure.Failed, op, "it is not what was sealed for version %d: %w", e.Version, err)
	}
	return string(plain), nil
}

func authenticated(name string, version int64) []byte {
	return []byte(name + "\n" + strconv.FormatInt(version, 10))
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// KeyError gives an error of KMS its kind: whatever keeps a key from being used is KeyMissing.
func KeyError(err error, op, key string) error {
	var (
		missing  *types.NotFoundException
		disabled *types.DisabledException
		state    *types.KMSInvalidStateException
	)
	if errors.As(err, &missing) || errors.As(err, &disabled) || errors.As(err, &state) {
		return failure.New(failure.KeyMissing, op, "key %s: %w", key, err).Next("make the key usable in this region")
	}
	return failure.FromAWS(err, "%s", op)
}
