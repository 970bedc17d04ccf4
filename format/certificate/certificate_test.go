package certificate

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// example makes a self-signed certificate that is the same each time.
func example(tb testing.TB) []byte {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	t := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: "Example Root", Organization: []string{"Example"}},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func TestParse(t *testing.T) {
	t.Parallel()
	der := example(t)
	got, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.SHA1) != 40 || len(got.SHA256) != 64 {
		t.Errorf("digests %q %q", got.SHA1, got.SHA256)
	}
	got.SHA1, got.SHA256 = "", ""
	want := Certificate{Subject: "CN=Example Root,O=Example", Issuer: "CN=Example Root,O=Example", Serial: "1234",
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Authority: true, SelfNamed: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got, err := Parse(nil); err == nil || got.SHA256 != empty {
		t.Errorf("Parse(nil) gives %+v, %v", got, err)
	}
	if got, err := Parse(make([]byte, MaxSize+1)); err == nil || got.SHA1 == "" {
		t.Errorf("Parse of too much gives %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := Parse(data)
		if len(c.SHA256) != 64 || len(c.Subject) > maxText+4 {
			t.Errorf("%+v", c)
		}
	})
}
