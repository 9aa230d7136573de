package kms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"sort"
)

// magic begins every ciphertext, so that anything else is recognised as not ours.
const magic = "LABKMS1\x00"

var errCiphertext = errors.New("not a ciphertext of this key and context")

// seal encrypts under a key id, whose material follows from it: replicas of a multi-Region key share their id and so
// open each other's ciphertexts. The nonce follows from the content, so that the same input gives the same bytes.
func seal(id string, plain []byte, context map[string]string) []byte {
	aad := canonical(context)
	gcm := aead(id)
	digest := sha256.Sum256(append(append([]byte(id), aad...), plain...))
	nonce := digest[:gcm.NonceSize()]
	out := append([]byte(magic), byte(len(id)))
	out = append(out, id...)
	out = append(out, nonce...)
	return gcm.Seal(out, nonce, plain, aad)
}

func keyOf(blob []byte) (id string, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(magic))
	if !ok || len(rest) == 0 || len(rest) < 1+int(rest[0]) {
		return "", errCiphertext
	}
	return string(rest[1 : 1+int(rest[0])]), nil
}

func unseal(blob []byte, context map[string]string) ([]byte, error) {
	id, err := keyOf(blob)
	if err != nil {
		return nil, err
	}
	gcm := aead(id)
	rest := blob[len(magic)+1+len(id):]
	if len(rest) < gcm.NonceSize() {
		return nil, errCiphertext
	}
	return gcm.Open(nil, rest[:gcm.NonceSize()], rest[gcm.NonceSize():], canonical(context))
}

func aead(id string) cipher.AEAD {
	material := sha256.Sum256([]byte("lab key material of " + id))
	block, err := aes.NewCipher(material[:])
	if err != nil {
		panic(fmt.Sprintf("lab: AES with 32 bytes: %v", err))
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(fmt.Sprintf("lab: GCM over AES: %v", err))
	}
	return gcm
}

func canonical(context map[string]string) []byte {
	names := make([]string, 0, len(context))
	for name := range context {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []byte
	for _, name := range names {
		out = fmt.Appendf(out, "%d:%s%d:%s", len(name), name, len(context[name]), context[name])
	}
	return out
}
