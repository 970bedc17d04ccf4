package fabricate

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"
)

// spyVersion is the version code of the spyware for Android.
const spyVersion = 3

// A signer signs fabricated apps. Its apps have a manifest and a certificate,
// and nothing that could run.
type signer struct{ der []byte }

// spySigner returns the signer of the spyware, the same one always.
func spySigner() (*signer, error) { return newSigner("Albatros", 2203) }

// newSigner makes a signer whose certificate depends on its name and number only.
func newSigner(name string, number int64) (*signer, error) {
	seed := sha256.Sum256(fmt.Appendf(nil, "signer %s %d", name, number))
	key := ed25519.NewKeyFromSeed(seed[:])
	c := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: name, Organization: []string{name}},
		NotBefore: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2050, 9, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make certificate of %s: %w", name, err)
	}
	return &signer{der}, nil
}

func (s *signer) sha256() string { return hexSHA256(s.der) }

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// apk returns an app with a signature block of version 2 before the directory of
// the zip. The signature itself is none: nothing here verifies.
func (s *signer) apk(name string, version uint32) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: "AndroidManifest.xml", Method: zip.Store}) // a buffer does not fail
	_, _ = f.Write(binaryManifest(name, version))
	_ = w.Close()
	data := out.Bytes()
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	directory := binary.LittleEndian.Uint32(data[end+16:])
	block := s.block()
	binary.LittleEndian.PutUint32(data[end+16:], directory+uint32(len(block)))
	return bytes.Join([][]byte{data[:directory], block, data[directory:]}, nil)
}

// block returns an APK signing block with one signer of scheme v2.
func (s *signer) block() []byte {
	const idV2 = 0x7109871a
	signed := lengthFirst(lengthFirst(lengthFirst(le32(0x0103), lengthFirst([]byte("digest")))), lengthFirst(lengthFirst(s.der)), lengthFirst())
	signers := lengthFirst(lengthFirst(signed, lengthFirst(), lengthFirst([]byte("key"))))
	pair := binary.LittleEndian.AppendUint64(nil, uint64(4+len(signers)))
	pair = append(append(pair, le32(idV2)...), signers...)
	size := binary.LittleEndian.AppendUint64(nil, uint64(len(pair)+24))
	return bytes.Join([][]byte{size, pair, size, []byte("APK Sig Block 42")}, nil)
}

// lengthFirst joins parts, with their length in front.
func lengthFirst(parts ...[]byte) []byte {
	p := bytes.Join(parts, nil)
	return append(le32(uint32(len(p))), p...)
}

func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// binaryManifest returns a manifest with the package, versionCode and versionName,
// in the binary form of XML (ResourceTypes.h of AOSP).
func binaryManifest(name string, version uint32) []byte {
	const none, typeString, typeInt = 0xffffffff, 3, 0x10
	texts := []string{"versionCode", "versionName", "package", "manifest", name, fmt.Sprintf("%d.0", version)}
	var offsets, pool []byte
	for _, s := range texts {
		offsets = append(offsets, le32(uint32(len(pool)))...)
		pool = append(append(append(pool, byte(len(s)), byte(len(s))), s...), 0)
	}
	for len(pool)%4 != 0 {
		pool = append(pool, 0)
	}
	attribute := func(name, raw, kind, value uint32) []byte {
		return bytes.Join([][]byte{le32(none), le32(name), le32(raw), le32(8 | kind<<24), le32(value)}, nil)
	}
	return axmlChunk(0x0003, 8,
		axmlChunk(0x0001, 28, le32(uint32(len(texts))), le32(0), le32(1<<8), le32(uint32(28+len(offsets))), le32(0), offsets, pool),
		axmlChunk(0x0180, 8, le32(0x0101021b), le32(0x0101021c)),
		axmlChunk(0x0102, 16, le32(1), le32(none), le32(none), le32(3), le32(20|20<<16), le32(3), le32(0),
			attribute(0, none, typeInt, version), attribute(1, 5, typeString, 5), attribute(2, 4, typeString, 4)),
		axmlChunk(0x0103, 16, le32(1), le32(none), le32(none), le32(3)))
}

func axmlChunk(kind, head uint16, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	c := binary.LittleEndian.AppendUint16(nil, kind)
	c = binary.LittleEndian.AppendUint16(c, head)
	return append(append(c, le32(uint32(8+len(body)))...), body...)
}
