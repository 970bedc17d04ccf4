package evidence

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A member is one file of an archive under construction.
type member struct {
	name string
	data []byte
	kind byte // of tar; 0 is a regular file
}

// members returns the files of a folder below the prefix, larger ones first.
func members(tb testing.TB, dir, prefix string) []member {
	tb.Helper()
	var list []member
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		list = append(list, member{name: prefix + filepath.ToSlash(rel), data: data})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func zipBytes(tb testing.TB, list []member, method uint16) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range list {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			tb.Fatal(err)
		}
		_, _ = f.Write(m.data)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func tarBytes(tb testing.TB, list []member) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range list {
		h := &tar.Header{Name: m.name, Typeflag: m.kind, Size: int64(len(m.data)), Mode: 0o600}
		if m.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeSymlink {
			h.Linkname = "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		_, _ = w.Write(m.data)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func gzipBytes(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
	_, _ = w.Write(data)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func zstdBytes(tb testing.TB, data []byte) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// put writes a file into a folder of its own.
func put(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	name = filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}

// TestArchives opens the same encrypted backup in every container.
func TestArchives(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual(), password: testPassword}.build(t)
	long := strings.Repeat("long folder/", 12) // needs an extended tar header
	for name, data := range map[string][]byte{
		"stored.zip":   zipBytes(t, members(t, dir, ""), zip.Store),
		"deflated.zip": zipBytes(t, members(t, dir, "UDID/"), zip.Deflate),
		"before.zip":   append([]byte("PK\x03\x04 not yet"), zipBytes(t, members(t, dir, ""), zip.Deflate)...),
		"a.tar":        tarBytes(t, members(t, dir, "./")),
		"long.tar":     tarBytes(t, members(t, dir, long)),
		"a.tar.gz":     gzipBytes(t, tarBytes(t, members(t, dir, "UDID/"))),
		"members.tgz":  append(gzipBytes(t, tarBytes(t, members(t, dir, ""))[:3000]), gzipBytes(t, tarBytes(t, members(t, dir, ""))[3000:])...),
		"a.tar.zst":    zstdBytes(t, tarBytes(t, members(t, dir, "a/b/"))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := openOne(t, put(t, name, data), password(testPassword))
			got, _ := contents(t, src)
			sameFiles(t, got, wanted())
			if src.Name != name {
				t.Errorf("name %q", src.Name)
			}
			var names []string
			if err := src.HashAll(context.Background(), 3, func(h StoredHash) error {
				names = append(names, h.Name)
				return h.Err
			}); err != nil || len(names) != len(members(t, dir, "")) {
				t.Errorf("%d files hashed, %v", len(names), err)
			}
			for _, n := range src.Notes {
				if !slices.Contains([]string{"files-listed", "list-absent", "unknown-domain", "archive-slow"}, n.Code) {
					t.Errorf("note %+v", n)
				}
			}
		})
	}
}

func TestFindBackup(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := testBackup{files: usual()}.build(t)
	parent := t.TempDir()
	if err := os.CopyFS(filepath.Join(parent, "one"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(parent, "other", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, _ := contents(t, openOne(t, parent, Options{}))
	sameFiles(t, got, wanted())
	if err := os.CopyFS(filepath.Join(parent, "two"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(ctx, parent, Options{})
	if !errors.Is(err, ErrSeveralAcquisitions) || !strings.Contains(err.Error(), `"one" "two"`) {
		t.Errorf("two backups: %v", err)
	}
	// A snapshot inside a backup belongs to it.
	if err := os.CopyFS(filepath.Join(dir, "Snapshot"), os.DirFS(filepath.Join(parent, "one"))); err != nil {
		t.Fatal(err)
	}
	openOne(t, dir, Options{})
	openOne(t, put(t, "x.zip", zipBytes(t, members(t, dir, ""), zip.Store)), Options{})

	two := append(members(t, filepath.Join(parent, "one"), "a/"), members(t, filepath.Join(parent, "one"), "b/")...)
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"two.zip":   {zipBytes(t, two, zip.Deflate), ErrSeveralAcquisitions},
		"two.tar":   {tarBytes(t, two), ErrSeveralAcquisitions},
		"other.zip": {zipBytes(t, []member{{name: "a"}}, zip.Deflate), ErrNoAcquisition},
		"empty.zip": {zipBytes(t, nil, zip.Deflate), ErrNoAcquisition},
		"other.tar": {tarBytes(t, []member{{name: "a"}}), ErrNoAcquisition},
		"text":      {[]byte("just text"), errArchive},
		"nothing":   {nil, errArchive},
		"text.gz":   {gzipBytes(t, []byte("just text")), tar.ErrHeader},
	} {
		if _, err := Open(ctx, put(t, name, tt.data), Options{}); !errors.Is(err, tt.want) && !(name == "text.gz" && err != nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := Open(ctx, t.TempDir(), Options{}); !errors.Is(err, ErrNoAcquisition) || !strings.Contains(err.Error(), "Manifest.db") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := Open(ctx, filepath.Join(parent, "absent"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

// TestHostileMembers has names that leave the archive, links and duplicates.
func TestHostileMembers(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual()}.build(t)
	list := members(t, dir, "")
	list = append(list, member{name: "../up", data: []byte("x")}, member{name: "/abs"}, member{name: "a/../../b"}, member{name: `c\d`},
		member{name: "a//b"}, member{name: "Info.plist", data: []byte("second")})
	for name, data := range map[string][]byte{
		"a.zip": zipBytes(t, list, zip.Store),
		"a.tar": tarBytes(t, append(slices.Clone(list), member{name: "link", kind: tar.TypeSymlink}, member{name: "fifo", kind: tar.TypeFifo})),
	} {
		src := openOne(t, put(t, name, data), Options{})
		got, _ := contents(t, src)
		sameFiles(t, got, wanted())
		found := map[string]int{}
		for _, n := range src.Notes {
			found[n.Code]++
		}
		links := 0
		if name == "a.tar" {
			links = 2
		}
		if found["name-refused"] != 4 || found["name-absolute"] != 1 || found["duplicate-member"] != 1 || found["not-regular"]+found["link-ignored"] != links {
			t.Errorf("%s: notes %+v", name, src.Notes)
		}
		if src.Device.Name != "phone" {
			t.Errorf("%s: the second Info.plist is used", name)
		}
	}
}

func TestSymlinksInFolder(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual()}.build(t)
	outside := put(t, "outside", []byte("outside"))
	id := fileID("HomeDomain", "Library/SMS/sms.db")
	payload := filepath.Join(dir, id[:2], id)
	if err := os.Remove(payload); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, payload); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	src := openOne(t, dir, Options{})
	if _, err := src.Open(home + "Library/SMS/sms.db"); !errors.Is(err, errNotRegular) {
		t.Errorf("payload is a link: %v", err)
	}
	if found := codes(src.Notes); found["link-ignored"] != 1 || found["payloads-absent"] != 1 {
		t.Errorf("notes %+v", src.Notes)
	}
}

// bombBytes makes an archive with one member that claims a terabyte.
func bombBytes(tb testing.TB, list []member, name string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range list {
		f, err := w.Create(m.name)
		if err != nil {
			tb.Fatal(err)
		}
		_, _ = f.Write(m.data)
	}
	f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: 1 << 40, CompressedSize64: 4})
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = f.Write([]byte("\x01\x00\x00\xff"))
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestZipBomb(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual()}.build(t)
	list := members(t, dir, "")
	id := fileID("HomeDomain", "Library/SMS/sms.db")
	i := slices.IndexFunc(list, func(m member) bool { return strings.HasSuffix(m.name, id) })
	bomb := bombBytes(t, slices.Delete(slices.Clone(list), i, i+1), list[i].name)
	src := openOne(t, put(t, "bomb.zip", bomb), Options{})
	if _, err := src.Open(home + "Library/SMS/sms.db"); err == nil || !strings.Contains(err.Error(), "would grow") {
		t.Errorf("bomb: %v", err)
	}
	if _, err := src.Open(home + "Library/SMS/sms.db-wal"); err != nil {
		t.Errorf("another member: %v", err)
	}
	// A member that grows beyond what the directory says.
	list[i].data = make([]byte, 1<<20)
	lying := zipBytes(t, list, zip.Deflate)
	at := bytes.LastIndex(lying, []byte(list[i].name)) - sizeMember
	copy(lying[at+24:], []byte{0, 1, 0, 0})
	src = openOne(t, put(t, "lying.zip", lying), Options{})
	f, err := src.Open(home + "Library/SMS/sms.db")
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := io.ReadAll(f); !errors.Is(err, errLonger) {
		t.Errorf("member longer than it says: %v", err)
	}
}

// TestCutArchives cuts archives anywhere: an error or a source, and no panic.
func TestCutArchives(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: []testFile{{domain: "HomeDomain", rel: "a", data: randomBytes(3000, 1)}}}.build(t)
	list := members(t, dir, "")
	for name, data := range map[string][]byte{
		"a.zip": zipBytes(t, list, zip.Deflate), "a.tar": tarBytes(t, list),
		"a.tgz": gzipBytes(t, tarBytes(t, list)), "a.tar.zst": zstdBytes(t, tarBytes(t, list)),
	} {
		for i := range 20 {
			cut := data[:len(data)*i/20]
			o, err := openArchive(context.Background(), bytes.NewReader(cut), int64(len(cut)), io.NopCloser(nil))
			if err != nil {
				continue
			}
			src, err := openFound(context.Background(), o, Options{})
			if err != nil {
				continue
			}
			_ = src.WalkFiles(func(name string, _ int64) error {
				if f, err := src.Open(name); err == nil {
					_, _ = io.Copy(io.Discard, f)
					f.Close()
				}
				return nil
			})
			if name != "a.zip" && i < 19 && len(src.Notes) == 0 {
				t.Errorf("%s cut at %d of 20: no note", name, i)
			}
		}
	}
}

func FuzzArchive(f *testing.F) {
	list := []member{{name: "a/Manifest.db", data: []byte("x")}, {name: "a/Info.plist", data: bytes.Repeat([]byte("y"), 1000)}}
	f.Add(zipBytes(f, list, zip.Deflate))
	f.Add(zipBytes(f, list, zip.Store))
	f.Add(tarBytes(f, list))
	f.Add(gzipBytes(f, tarBytes(f, list)))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := openArchive(context.Background(), bytes.NewReader(data), int64(len(data)), io.NopCloser(nil))
		if err != nil {
			return
		}
		defer o.Close()
		_ = o.walk(func(name string) error {
			if !fs.ValidPath(name) {
				t.Fatalf("name %q", name)
			}
			s, err := o.open(name)
			if err == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(s.reader(), 1<<20))
				s.Close()
			}
			return nil
		})
		_ = o.notes()
	})
}
