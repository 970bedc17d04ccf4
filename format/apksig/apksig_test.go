package apksig

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// newCert returns a self-signed certificate.
func newCert(tb testing.TB, name string) []byte {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name)) + 1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2050, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func marshal(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func raw(class, tag int, parts ...[]byte) asn1.RawValue {
	return asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: bytes.Join(parts, nil)}
}

// pkcs7 wraps certificates, of which the first is the signer's.
func pkcs7(tb testing.TB, certs ...[]byte) []byte {
	tb.Helper()
	x, err := x509.ParseCertificate(certs[0])
	if err != nil {
		tb.Fatal(err)
	}
	set := func(parts ...[]byte) asn1.RawValue { return raw(asn1.ClassUniversal, asn1.TagSet, parts...) }
	seq := func(parts ...[]byte) []byte {
		return marshal(tb, raw(asn1.ClassUniversal, asn1.TagSequence, parts...))
	}
	signer := seq(marshal(tb, 1), seq(x.RawIssuer, marshal(tb, x.SerialNumber)), seq(), seq(), marshal(tb, []byte("signature")))
	data := seq(marshal(tb, 1), marshal(tb, set()), seq(marshal(tb, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1})),
		marshal(tb, raw(asn1.ClassContextSpecific, 0, certs...)), marshal(tb, set(signer)))
	return seq(marshal(tb, oidSignedData), marshal(tb, raw(asn1.ClassContextSpecific, 0, data)))
}

// with returns parts with their length in front.
func with(parts ...[]byte) []byte {
	p := bytes.Join(parts, nil)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(p))), p...)
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func signers2(cert []byte) []byte {
	signed := with(with(with(u32(0x103), with([]byte("digest")))), with(with(cert)), with())
	return with(with(signed, with(), with([]byte("key"))))
}

func signers3(cert []byte, rotation ...[]byte) []byte {
	var attributes []byte
	if rotation != nil {
		nodes := u32(1)
		for _, der := range rotation {
			nodes = append(nodes, with(with(with(der), u32(0x103)), u32(0), u32(0x103), with([]byte("sig")))...)
		}
		attributes = with(u32(idRotation), nodes)
	}
	signed := with(with(), with(with(cert)), u32(28), u32(99), with(attributes))
	return with(with(signed, u32(28), u32(99), with(), with([]byte("key"))))
}

// pair is one pair of the signing block.
func pair(id uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(4+len(data)))
	return append(append(b, u32(id)...), data...)
}

// testAXML returns a binary manifest.
func testAXML(utf8Pool bool, pkg string) []byte {
	names := []string{"versionCode", "versionName", "versionCodeMajor", "package", "manifest", pkg, "1.2.3"}
	var offsets, pool []byte
	for _, s := range names {
		offsets = append(offsets, u32(uint32(len(pool)))...)
		if utf8Pool {
			pool = append(append(pool, byte(len(s)), byte(len(s))), s...)
			pool = append(pool, 0)
			continue
		}
		units := utf16.Encode([]rune(s))
		pool = binary.LittleEndian.AppendUint16(pool, uint16(len(units)))
		for _, u := range append(units, 0) {
			pool = binary.LittleEndian.AppendUint16(pool, u)
		}
	}
	chunk := func(kind, head uint16, body ...[]byte) []byte {
		b := bytes.Join(body, nil)
		c := binary.LittleEndian.AppendUint16(nil, kind)
		c = binary.LittleEndian.AppendUint16(c, head)
		return append(append(c, u32(uint32(8+len(b)))...), b...)
	}
	flags := uint32(0)
	if utf8Pool {
		flags = 1 << 8
	}
	strs := chunk(chunkStrings, 28, u32(uint32(len(names))), u32(0), u32(flags), u32(uint32(28+len(offsets))), u32(0), offsets, pool)
	ids := chunk(chunkResources, 8, u32(attrVersionCode), u32(attrVersionName), u32(attrVersionCodeMajor))
	attr := func(name, rawValue, kind, data uint32) []byte {
		return bytes.Join([][]byte{u32(noString), u32(name), u32(rawValue), u32(8 | kind<<24), u32(data)}, nil)
	}
	start := chunk(chunkStart, 16, u32(1), u32(noString), u32(noString), u32(4), u32(20|20<<16), u32(4), u32(0),
		attr(0, noString, 0x10, 42), attr(1, 6, valueString, 6), attr(2, noString, 0x10, 1), attr(3, 5, valueString, 5))
	return chunk(chunkXML, 8, strs, ids, start)
}

// testAPK returns an app.
func testAPK(tb testing.TB, files map[string][]byte, pairs ...[]byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range []string{"classes.dex", "AndroidManifest.xml", "META-INF/CERT.RSA", "META-INF/X.EC"} {
		if data, ok := files[name]; ok {
			f, err := w.Create(name)
			if err != nil {
				tb.Fatal(err)
			}
			_, _ = f.Write(data)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	apk := out.Bytes()
	if pairs == nil {
		return apk
	}
	end := len(apk) - sizeEnd
	dir := int(le.Uint32(apk[end+16:]))
	body := bytes.Join(pairs, nil)
	size := binary.LittleEndian.AppendUint64(nil, uint64(len(body)+24))
	block := bytes.Join([][]byte{size, body, size, []byte("APK Sig Block 42")}, nil)
	apk = bytes.Join([][]byte{apk[:dir], block, apk[dir:]}, nil)
	le.PutUint32(apk[end+len(block)+16:], uint32(dir+len(block)))
	return apk
}

func read(tb testing.TB, apk []byte) *App {
	tb.Helper()
	a, err := Read(bytes.NewReader(apk), int64(len(apk)))
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// lines describes the certificates of an app.
func lines(a *App) string {
	var s []string
	for _, c := range a.Certificates {
		s = append(s, fmt.Sprintf("%s %s signer=%t earlier=%t", c.Scheme, c.Subject, c.Signer, c.Earlier))
	}
	return strings.Join(s, "\n")
}

func TestRead(t *testing.T) {
	t.Parallel()
	one, two, old := newCert(t, "one"), newCert(t, "other"), newCert(t, "oldest")
	files := map[string][]byte{"AndroidManifest.xml": testAXML(true, "com.example.app"), "META-INF/CERT.RSA": pkcs7(t, one, two), "classes.dex": []byte("dex")}
	a := read(t, testAPK(t, files, pair(0x12345678, []byte("x")), pair(idV2, signers2(one)), pair(idV3, signers3(two, old, two)), pair(idV31, signers3(two))))
	if a.Package != "com.example.app" || a.VersionCode != 1<<32|42 || a.VersionName != "1.2.3" || len(a.Problems) > 0 {
		t.Errorf("%q %d %q %v", a.Package, a.VersionCode, a.VersionName, a.Problems)
	}
	want := `v1 CN=one signer=true earlier=false
v1 CN=other signer=false earlier=false
v2 CN=one signer=true earlier=false
v3 CN=other signer=true earlier=false
v3 CN=oldest signer=false earlier=true
v3 CN=other signer=false earlier=true
v3.1 CN=other signer=true earlier=false`
	if got := lines(a); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if c := a.Certificates[0]; c.SHA256 != sha256.Sum256(one) || !c.NotBefore.Equal(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v", c)
	}
	wide := read(t, testAPK(t, map[string][]byte{"AndroidManifest.xml": testAXML(false, "com.example.é")}))
	if wide.Package != "com.example.é" || len(wide.Certificates) != 0 {
		t.Errorf("%+v", wide)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	one := newCert(t, "one")
	files := map[string][]byte{"AndroidManifest.xml": testAXML(true, "com.example.app"), "META-INF/CERT.RSA": pkcs7(t, one), "META-INF/X.EC": []byte("no")}
	a := read(t, testAPK(t, files, pair(idV2, signers2(one)), pair(idV3, []byte{255, 255, 255, 255})))
	if len(a.Certificates) != 2 || len(a.Problems) != 2 {
		t.Errorf("%s, problems %v", lines(a), a.Problems)
	}
	a = read(t, testAPK(t, map[string][]byte{"META-INF/CERT.RSA": pkcs7(t, one)}))
	if len(a.Certificates) != 1 || len(a.Problems) != 1 {
		t.Errorf("%s, problems %v", lines(a), a.Problems)
	}
	junk := read(t, testAPK(t, map[string][]byte{"META-INF/CERT.RSA": pkcs7(t, bytes.Clone(one)), "AndroidManifest.xml": []byte("<manifest package='x'/>")}))
	if junk.Package != "" || len(junk.Problems) != 1 {
		t.Errorf("%+v", junk)
	}
	for _, bad := range [][]byte{nil, []byte("PK"), testAPK(t, map[string][]byte{"classes.dex": nil}), bytes.Repeat([]byte("PK\x05\x06"), 100)} {
		if _, err := Read(bytes.NewReader(bad), int64(len(bad))); !errors.Is(err, ErrFormat) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	apk := testAPK(t, files, pair(idV2, signers2(one)))
	for n := range len(apk) {
		_, _ = Read(bytes.NewReader(apk[:n]), int64(n))
		changed := bytes.Clone(apk)
		changed[n] ^= 0xff
		_, _ = Read(bytes.NewReader(changed), int64(len(changed)))
	}
}

func FuzzRead(f *testing.F) {
	one := newCert(f, "one")
	f.Add(testAPK(f, map[string][]byte{"AndroidManifest.xml": testAXML(true, "a.b"), "META-INF/CERT.RSA": pkcs7(f, one)}, pair(idV2, signers2(one)), pair(idV3, signers3(one, one))))
	f.Add(testAPK(f, map[string][]byte{"AndroidManifest.xml": testAXML(false, "a.b")}))
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = Read(bytes.NewReader(data), int64(len(data))) })
}

func FuzzManifest(f *testing.F) {
	f.Add(testAXML(true, "a.b"))
	f.Add(testAXML(false, "a.b"))
	f.Fuzz(func(t *testing.T, data []byte) { _ = parseManifest(data, &App{}) })
}

func FuzzSigners(f *testing.F) {
	one := newCert(f, "one")
	f.Add(signers3(one, one, one))
	f.Add(signers2(one))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = (&App{}).readSigners(SchemeV3, data)
		_ = (&App{}).parseV1(data)
	})
}
