package escalate

import "testing"

// The signature as a receiver computes it: printf '2026-03-03T09:10:00Z.{}' | openssl dgst -sha256 -hmac secret
func TestASignatureIsTheHMACOfTimeAndBody(t *testing.T) {
	const want = "sha256=a2f8672adc93ec572e9c574ccf17d068581d778f313004413afef808dfd28f3e"
	if got := Signature("secret", "2026-03-03T09:10:00Z", []byte("{}")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
