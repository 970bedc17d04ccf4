package androidbackup

import (
	"archive/tar"
	"bytes"
	"compress/zlib"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// testTar is a tar archive as Android writes it.
func testTar(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range files {
			if !yield(name) {
				return
			}
		}
	}) {
		data := files[name]
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			tb.Fatal(err)
		}
		_, _ = w.Write([]byte(data))
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// A made describes a backup to be built.
type made struct {
	version  int
	compress bool
	password []byte // as the key derivation gets it; nil for a plain backup
	raw      bool   // the checksum is over the key as it is
	noEnd    bool   // without end of the compression
}

// seal wraps content as a backup.
func (m made) seal(tb testing.TB, content []byte) []byte {
	tb.Helper()
	if m.compress {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		_, _ = w.Write(content)
		_ = w.Flush()
		if !m.noEnd {
			_ = w.Close()
		}
		content = out.Bytes()
	}
	head := fmt.Sprintf("%s%d\n%d\n", Magic, m.version, map[bool]int{true: 1}[m.compress])
	if m.password == nil {
		return append([]byte(head+"none\n"), content...)
	}
	e := &Encryption{
		UserSalt: bytes.Repeat([]byte{0xa5}, 64), ChecksumSalt: bytes.Repeat([]byte{0x5a}, 64),
		Rounds: 10, UserIV: bytes.Repeat([]byte{7}, blockSize),
	}
	master, iv := make([]byte, keySize), bytes.Repeat([]byte{9}, blockSize)
	for i := range master {
		master[i] = byte(i * 11)
	}
	form := widened(master)
	if m.raw {
		form = master
	}
	sum, err := e.derive(form, e.ChecksumSalt)
	if err != nil {
		tb.Fatal(err)
	}
	user, err := e.derive(m.password, e.UserSalt)
	if err != nil {
		tb.Fatal(err)
	}
	blob := append([]byte{blockSize}, iv...)
	blob = append(append(blob, keySize), master...)
	blob = append(append(blob, keySize), sum...)
	head += fmt.Sprintf("AES-256\n%X\n%X\n%d\n%X\n%X\n", e.UserSalt, e.ChecksumSalt, e.Rounds, e.UserIV, cbc(user, e.UserIV, blob))
	return append([]byte(head), cbc(master, iv, content)...)
}

// cbc pads and encrypts.
func cbc(key, iv, data []byte) []byte {
	n := blockSize - len(data)%blockSize
	data = append(slices.Clone(data), bytes.Repeat([]byte{byte(n)}, n)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data
}

// unpack returns the files of a backup.
func unpack(data, password []byte) (map[string]string, error) {
	h, err := ParseHeader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var key *Key
	if h.Encryption != nil {
		if key, err = h.Unlock(password); err != nil {
			return nil, err
		}
	}
	p, err := h.Payload(bytes.NewReader(data), int64(len(data)), key)
	if err != nil {
		return nil, err
	}
	files := make(map[string]string)
	err = h.Walk(context.Background(), p, func(e *Entry) error {
		b, err := io.ReadAll(io.LimitReader(e, 1<<20))
		files[e.Name] = string(b)
		return err
	})
	return files, err
}

var testFiles = map[string]string{
	"apps/com.example/_manifest": "1\ncom.example\n",
	"apps/com.example/f/x":       "hello",
	"shared/0/Download/a":        strings.Repeat("0123456789", 20_000),
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	utf8Password, low := []byte("pass-é€"), []byte("pass-\xe9\xac")
	for _, m := range []made{
		{version: 1}, {version: 5}, {version: 9, compress: true},
		{version: 1, compress: true, password: utf8Password, raw: true},
		{version: 1, password: low, raw: true}, {version: 2, password: utf8Password},
		{version: 5, compress: true, password: utf8Password},
	} {
		files, err := unpack(m.seal(t, testTar(t, testFiles)), utf8Password)
		if err != nil || len(files) != 3 || files["apps/com.example/f/x"] != "hello" || files["shared/0/Download/a"] != testFiles["shared/0/Download/a"] {
			t.Errorf("%+v: %d files, %v", m, len(files), err)
		}
		if m.password == nil {
			continue
		}
		for _, wrong := range []string{"", "wrong", "pass-e"} {
			if _, err := unpack(m.seal(t, testTar(t, testFiles)), []byte(wrong)); !errors.Is(err, ErrWrongPassword) {
				t.Errorf("%+v, password %q: %v", m, wrong, err)
			}
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("AB", 64)
	head := Magic + "3\n1\nAES-256\n" + long + "\n" + long + "\n10\n" + strings.Repeat("00", 16) + "\n" + strings.Repeat("00", 96) + "\n"
	for _, c := range []struct {
		data string
		want error
	}{
		{"", ErrEmpty}, {"PK\x03\x04", ErrFormat}, {"ANDROID BACKUP", ErrFormat}, {"\xef\xbb\xbf" + Magic, ErrFormat},
		{Magic, ErrHeader}, {Magic + "5", ErrHeader}, {Magic + "x\n0\nnone\n", ErrHeader}, {Magic + "0\n0\nnone\n", ErrHeader},
		{Magic + "5\n2\nnone\n", ErrHeader}, {Magic + "5\n0\nnone", ErrHeader}, {Magic + "5\n0\nROT13\n", ErrEncryption},
		{strings.Replace(head, "\n10\n", "\n99999999999\n", 1), ErrHeader}, {strings.Replace(head, "AB", "XY", 1), ErrHeader},
		{strings.Replace(head, "0000\n", "00\n", 1), ErrHeader}, {Magic + "5\n0\nAES-256\n" + strings.Repeat("A", 9000), ErrHeader},
		{head, nil}, {Magic + "5\n0\nnone\n", nil},
	} {
		if _, err := ParseHeader(strings.NewReader(c.data), int64(len(c.data))); !errors.Is(err, c.want) {
			t.Errorf("%.60q: %v, want %v", c.data, err, c.want)
		}
	}
	// A header that is cut at any byte is damaged, never anything else.
	for n := len(Magic); n < len(head); n++ {
		if _, err := ParseHeader(strings.NewReader(head[:n]), int64(n)); !errors.Is(err, ErrHeader) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	secret := []byte("12345")
	for _, m := range []made{{version: 5}, {version: 5, compress: true}, {version: 5, password: secret}, {version: 5, compress: true, password: secret}} {
		whole := m.seal(t, testTar(t, testFiles))
		h, err := ParseHeader(bytes.NewReader(whole), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for n := h.Size; n < int64(len(whole)); n += 1 + int64(len(whole))/97 {
			files, err := unpack(whole[:n], secret)
			if err == nil && (len(files) < 3 || !m.compress) { // only the checksum may be missing
				t.Errorf("%+v cut at %d of %d: no error", m, n, len(whole))
			}
			if len(files) < last {
				t.Errorf("%+v cut at %d: %d files, %d before", m, n, len(files), last)
			}
			last = len(files)
		}
		if last != 3 {
			t.Errorf("%+v: %d files before the end", m, last)
		}
	}
	// Without the checksum at the end of the compression everything is there.
	files, err := unpack(made{version: 5, compress: true, noEnd: true}.seal(t, testTar(t, testFiles)), nil)
	if len(files) != 3 || err != nil {
		t.Errorf("no end of compression: %d files, %v", len(files), err)
	}
	if _, err := unpack([]byte(Magic+"5\n0\nnone\n"), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no payload: %v", err)
	}
	if files, err := unpack(append([]byte(Magic+"5\n0\nnone\n"), make([]byte, 1024)...), nil); len(files) != 0 || err != nil {
		t.Errorf("empty archive: %d files, %v", len(files), err)
	}
}

func TestWidened(t *testing.T) {
	t.Parallel()
	got := widened([]byte{0x80, 0xbf, 0xc3, 0xff, 0x41})
	if want := []byte{0xef, 0xbe, 0x80, 0xef, 0xbe, 0xbf, 0xef, 0xbf, 0x83, 0xef, 0xbf, 0xbf, 0x41}; !slices.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestDevicePath(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"apps/com.example/f/a/b":                                     "data/data/com.example/files/a/b",
		"apps/com.example/db/x.db":                                   "data/data/com.example/databases/x.db",
		"apps/com.example/r/app_x/y":                                 "data/data/com.example/app_x/y",
		"apps/com.android.providers.telephony/d_f/000000_sms_backup": "data/user_de/0/com.android.providers.telephony/files/000000_sms_backup",
		"apps/com.example/ef/x":                                      "data/media/0/Android/data/com.example/files/x",
		"apps/com.example/obb/x":                                     "data/media/0/Android/obb/com.example/x",
		"apps/com.example/a/base.apk":                                "data/app/com.example/base.apk",
		"shared/0/Download/a.apk":                                    "data/media/0/Download/a.apk",
		"shared/1/x":                                                 "",
		"apps/com.example/_manifest":                                 "",
		"apps/com.example/k/com.example":                             "",
		"apps/com.example/f/":                                        "",
		"apps//f/x":                                                  "",
	} {
		got, ok := DevicePath(entry)
		if got != want || ok != (want != "") {
			t.Errorf("%s: got %q, want %q", entry, got, want)
		}
		if ok && !slices.Contains(Entries(got), entry) {
			t.Errorf("%s is not among %q", entry, Entries(got))
		}
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	m, err := ParseManifest([]byte("1\ncom.example\n42\n33\ncom.android.vending\n0\n1\n3082\n"))
	if err != nil || m.Package != "com.example" || m.VersionCode != 42 || m.SDK != 33 || m.Installer != "com.android.vending" || m.APK || len(m.Signers) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	for _, bad := range []string{"", "1\ncom.example\n", "1\nx\n1\n1\n\n0\n9\n30\n", "1\nx\n1\n1\n\n0\n999999\n", "1\nx\n1\n1\n\n0\n1\nzz\n"} {
		if _, err := ParseManifest([]byte(bad)); !errors.Is(err, ErrManifest) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCorpus compares with the figures of two other implementations: the files
// of MVT's backups and the archive of Android Backup Extractor.
func TestCorpus(t *testing.T) {
	t.Parallel()
	const mvt, abe = "android-backup/mvt-project+mvt/", "android-backup/nelenkov+android-backup-extractor/src/test/resources/"
	for _, c := range []struct {
		name, password string
		files          int
		sum            string // SHA-256 of the plain archive, as MVT's tests have it
		err            error
	}{
		{mvt + "android_backup/backup.ab", "", -1, "ce1ac5009fea5187a9f546b51e1446ba450243ae91d31dc779233ec0937b5d18", nil},
		{mvt + "android_backup/backup2.ab", "123456", -1, "f365ace1effbc4902c6aeba241ca61544f8a96ad456c1861808ea87b7dd03896", nil},
		{mvt + "android_backup/backup2.ab", "12345", 0, "", ErrWrongPassword},
		{mvt + "androidqf_encrypted/backup.ab", "123456", -1, "f365ace1effbc4902c6aeba241ca61544f8a96ad456c1861808ea87b7dd03896", nil},
		{abe + "test.unencrypted.backup", "", 2, "tar", nil},
		{abe + "uncompressed.backup", "", 2, "tar", nil},
		// The user salt of this one has 65 bytes.
		{abe + "test.encrypted_invalidHeader.backup", "12345", 0, "", ErrHeader},
	} {
		data, err := os.ReadFile(testdata.Path(t, c.name))
		if err != nil {
			t.Fatal(err)
		}
		files, err := unpack(data, []byte(c.password))
		if !errors.Is(err, c.err) || err != nil && c.err == nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
			continue
		}
		t.Logf("%s: %d files, %v", c.name, len(files), err)
		if err != nil {
			continue
		}
		if c.files >= 0 && len(files) != c.files {
			t.Errorf("%s: %d files, want %d", c.name, len(files), c.files)
		}
		want := c.sum
		if want == "tar" {
			archive, err := os.ReadFile(testdata.Path(t, abe+"test.tar"))
			if err != nil {
				t.Fatal(err)
			}
			want = fmt.Sprintf("%x", sha256.Sum256(archive))
		}
		if got := archiveSum(t, data, c.password); got != want {
			t.Errorf("%s: archive %s, want %s", c.name, got, want)
		}
	}
}

// archiveSum hashes the plain archive of a backup.
func archiveSum(t *testing.T, data []byte, password string) string {
	t.Helper()
	h, err := ParseHeader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var key *Key
	if h.Encryption != nil {
		if key, err = h.Unlock([]byte(password)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := h.Payload(bytes.NewReader(data), int64(len(data)), key)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = io.NewSectionReader(p, 0, p.Size())
	if h.Compressed {
		if r, err = zlib.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func FuzzUnpack(f *testing.F) {
	for _, m := range []made{{version: 5}, {version: 5, compress: true}, {version: 1, password: []byte("p"), raw: true}, {version: 5, compress: true, password: []byte("p")}} {
		f.Add(m.seal(f, testTar(f, map[string]string{"apps/a/f/x": "y"})))
	}
	f.Add([]byte(Magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ParseHeader(bytes.NewReader(data), int64(len(data)))
		if err != nil || h.Encryption != nil && h.Encryption.Rounds > 1000 {
			return
		}
		_, _ = unpack(data, []byte("p"))
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte("1\ncom.example\n42\n33\ncom.android.vending\n0\n1\n3082\n"))
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = ParseManifest(data) })
}

func FuzzDevicePath(f *testing.F) {
	f.Add("apps/com.example/r/files/x")
	f.Add("shared/0/x")
	f.Fuzz(func(t *testing.T, entry string) {
		if at, ok := DevicePath(entry); ok && !slices.Contains(Entries(at), entry) {
			t.Errorf("%q gives %q, which gives %q", entry, at, Entries(at))
		}
	})
}
