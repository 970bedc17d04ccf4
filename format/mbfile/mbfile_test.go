package mbfile_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/mbfile"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/internal/fixture"
	"github.com/vigie-project/vigie/internal/testdata"
)

// example makes the description of a link with all fields.
func example(tb testing.TB) []byte {
	tb.Helper()
	blob, err := fixture.Keyed([]byte(`{"$class": "MBFile", "RelativePath": "Library/link", "Mode": 41471, "Size": 5000000000, "Birth": 1700000000,
		"LastModified": 1700000001, "LastStatusChange": 1700000002, "UserID": 501, "GroupID": 502, "InodeNumber": 7, "Flags": 1,
		"ProtectionClass": 3, "Target": "/var/mobile/x"}`))
	if err != nil {
		tb.Fatal(err)
	}
	return blob
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, ok := mbfile.Parse(example(t))
	want := mbfile.File{Mode: 0o120777, Size: 5000000000, HasSize: true, Birth: 1700000000, Modified: 1700000001, Changed: 1700000002,
		UserID: 501, GroupID: 502, Inode: 7, Flags: 1, ProtectionClass: 3, Target: []byte("/var/mobile/x")}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("Parse, %t (-want +got):\n%s", ok, diff)
	}
	for _, bad := range [][]byte{nil, []byte("bplist00"), bytes.Repeat([]byte{0xff}, 100), example(t)[:200]} {
		if _, ok := mbfile.Parse(bad); ok {
			t.Errorf("Parse accepts %q", bad)
		}
	}
}

// check compares with the general reader: whatever is read here is read there
// alike.
func check(t *testing.T, blob []byte) bool {
	t.Helper()
	f, ok := mbfile.Parse(blob)
	if !ok {
		return false
	}
	m, err := evidence.ParseMBFile(blob)
	if err != nil {
		t.Fatalf("the general reader says: %v", err)
	}
	want := mbfile.File{Mode: m.Mode, Size: m.Size, HasSize: m.HasSize, UserID: m.UserID, GroupID: m.GroupID, Inode: m.Inode, Flags: m.Flags,
		ProtectionClass: m.ProtectionClass, Target: []byte(m.Target), Digest: m.Digest, Attributes: m.Attributes}
	for _, p := range []struct {
		to   *int64
		unix int64
		zero bool
	}{{&want.Birth, m.Birth.Unix(), m.Birth.IsZero()}, {&want.Modified, m.LastModified.Unix(), m.LastModified.IsZero()}, {&want.Changed, m.LastStatusChange.Unix(), m.LastStatusChange.IsZero()}} {
		if !p.zero {
			*p.to = p.unix
		}
	}
	// The general reader drops times before 1970 and after the year 9999.
	for _, n := range []*int64{&f.Birth, &f.Modified, &f.Changed} {
		if *n < 0 || *n > 253402300799 {
			*n = 0
		}
	}
	if diff := cmp.Diff(want, f, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("readers differ (-general +this):\n%s", diff)
	}
	return true
}

// TestCorpus reads all descriptions of a real backup, and none the slow way.
func TestCorpus(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "ios-backup/mvt-project+mvt/ios_backup/Manifest.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(sqlite.Files{DB: bytes.NewReader(data), DBSize: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for r, err := range db.Rows("Files") {
		if err != nil {
			t.Fatal(err)
		}
		if check(t, r.Blob("file")) {
			read++
		} else {
			t.Errorf("row %d is unusual", r.ID)
		}
	}
	if read != 3721 {
		t.Errorf("%d descriptions, want 3721", read)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Fuzz(func(t *testing.T, blob []byte) { check(t, blob) })
}

func BenchmarkParse(b *testing.B) {
	blob := example(b)
	b.ReportAllocs()
	for b.Loop() {
		mbfile.Parse(blob)
	}
}

func BenchmarkGeneral(b *testing.B) {
	blob := example(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := evidence.ParseMBFile(blob); err != nil {
			b.Fatal(err)
		}
	}
}
