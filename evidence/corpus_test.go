package evidence

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// The backups of the corpus and their passwords.
const (
	mvtPlain     = "ios-backup/mvt-project+mvt/ios_backup"
	mvtEncrypted = "ios-backup/novkostya+ios-backup-crypt/mvt-encrypted-fast"
	production   = "ios-backup/matan1008+pyiosbackup/tests/materialised/sqlite3-ios10.3-encrypted"
	ronin        = "ios-backup/SecurityRonin+ios-backup-forensic/tests/data/"
)

func password(s string) Options {
	return Options{Password: func() ([]byte, error) { return []byte(s), nil }}
}

// openOne opens an acquisition that must be one source.
func openOne(tb testing.TB, name string, opt Options) *Source {
	tb.Helper()
	list, err := Open(context.Background(), name, opt)
	if err != nil {
		tb.Fatal(err)
	}
	if len(list) != 1 {
		tb.Fatalf("%d sources, want 1", len(list))
	}
	tb.Cleanup(func() { list[0].Close() })
	return list[0]
}

// contents reads every file below private/ that has its payload.
func contents(tb testing.TB, src *Source) (files map[string][]byte, listed int) {
	tb.Helper()
	files = make(map[string][]byte)
	err := src.WalkFiles(func(name string, _ int64) error {
		if _, own := cutRoot(name, ownDir); own {
			return nil
		}
		listed++
		f, err := src.Open(name)
		if errors.Is(err, ErrPayloadAbsent) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		files[name], err = io.ReadAll(f)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files, listed
}

func sameFiles(tb testing.TB, got, want map[string][]byte) {
	tb.Helper()
	for name, data := range want {
		if !bytes.Equal(got[name], data) {
			tb.Errorf("%s: %d bytes, want %d", name, len(got[name]), len(data))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			tb.Errorf("%s: unexpected", name)
		}
	}
}

// TestCorpusTwins opens the plain backup of 3,721 rows and its encrypted twin.
func TestCorpusTwins(t *testing.T) {
	t.Parallel()
	plain := openOne(t, testdata.Path(t, mvtPlain), Options{})
	encrypted := openOne(t, testdata.Path(t, mvtEncrypted), password("correct horse battery"))
	want, listed := contents(t, plain)
	got, also := contents(t, encrypted)
	if listed != 1089 || also != 1089 {
		t.Errorf("%d and %d files listed, want 1089", listed, also)
	}
	if len(want) < 10 {
		t.Errorf("%d files with content, want 10 or more", len(want))
	}
	sameFiles(t, got, want)
	if plain.Device.Build != "18C66" || plain.Device.IMEI != "42" {
		t.Errorf("device %+v", plain.Device)
	}
	for _, src := range []*Source{plain, encrypted} {
		found := codes(src.Notes)
		if found["files-listed"] != 1089 || found["payloads-absent"] != 1079 || found["fileid-differs"] != 0 {
			t.Errorf("notes %+v", src.Notes)
		}
		rows := 0
		if _, err := src.FS.(*backupFS).b.cat.rows(context.Background(), func(*entry) error { rows++; return nil }); err != nil || rows != 3721 {
			t.Errorf("%d rows, %v, want 3721", rows, err)
		}
	}
	_, err := plain.Open("private/var/mobile/Library/Nothing")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown file: %v", err)
	}
}

func TestCorpusProduction(t *testing.T) {
	if testing.Short() {
		t.Skip("derives a key at the cost of a real phone")
	}
	t.Parallel()
	src := openOne(t, testdata.Path(t, production), password("0000"))
	const name = "private/var/unknown/MyTestDomain/Media/Test.txt"
	files, _ := contents(t, src)
	sameFiles(t, files, map[string][]byte{name: []byte("Test data")})
	info, err := fs.Stat(src.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	m := info.Sys().(*MBFile)
	if m.Size != 9 || m.Mode != 33261 || m.UserID != 501 || m.GroupID != 501 ||
		m.LastModified.Unix() != 1628082463 || m.LastStatusChange.Unix() != 1628082509 || m.Birth.Unix() != 1627974948 {
		t.Errorf("%+v", m)
	}
}

// TestCorpusRonin opens encrypted and plain twins, one without Size, and one
// that claims to be encrypted.
func TestCorpusRonin(t *testing.T) {
	t.Parallel()
	want, listed := contents(t, openOne(t, testdata.Path(t, ronin+"plain-backup"), Options{}))
	if listed == 0 || len(want) == 0 {
		t.Fatalf("%d of %d files", len(want), listed)
	}
	for _, name := range []string{"encrypted-backup", "no-size-backup", "lie-encrypted"} {
		src := openOne(t, testdata.Path(t, ronin+name), password("test-password-1234"))
		got, _ := contents(t, src)
		sameFiles(t, got, want)
		if d := src.Device; d.Version != "26.2" || d.Model != "iPhone13,3" || d.Name != "Fixture" || d.Acquired != "2026-08-21T06:00:00Z" {
			t.Errorf("%s: device %+v", name, d)
		}
		if _, lies := codes(src.Notes)["encryption-flag-differs"]; lies != (name == "lie-encrypted") {
			t.Errorf("%s: notes %+v", name, src.Notes)
		}
	}
	const exact = "private/var/mobile/Containers/Data/Application/com.example.app/Documents/exact.bin"
	if !bytes.Equal(want[exact], bytes.Repeat([]byte("B"), 32)) || len(want[home+"Library/SMS/sms.db"]) != 316 {
		t.Errorf("exact.bin %q, sms.db of %d bytes", want[exact], len(want[home+"Library/SMS/sms.db"]))
	}
	for given, wantErr := range map[*Options]error{{}: ErrPasswordRequired, {Password: password("no").Password}: ErrWrongPassword} {
		if _, err := Open(context.Background(), testdata.Path(t, ronin+"encrypted-backup"), *given); !errors.Is(err, wantErr) {
			t.Errorf("%v, want %v", err, wantErr)
		}
	}
}
