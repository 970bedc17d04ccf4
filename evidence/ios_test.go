package evidence

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
)

// Places of the parts of real file systems.
const realFilesystems = "ios-ffs/abrignoni+iLEAPP/images"

func TestRealFilesystems(t *testing.T) {
	t.Parallel()
	dir := testdata.Path(t, realFilesystems)
	for _, tt := range []struct {
		name, version, zone, imei, mapped string
		has                               string
	}{
		{"belkasoft_ctf6_ios_device1", "16.3", "America/Chicago", "", "", "private/var/mobile/Library/AddressBook/AddressBook.sqlitedb-wal"},
		{"mvs_ios_2023", "16.1.1", "", "359669602382763", "", "private/var/mobile/Library/Accounts/Accounts3.sqlite"},
		{"josh_ios15_ffs", "", "", "359406087220311", `"filesystem2/" of the acquisition is "/private/var/" of the device, "filesystem1/" of the acquisition is "/" of the device`,
			"private/var/preferences/com.apple.wifi.known-networks.plist"},
	} {
		list := openAll(t, filepath.Join(dir, tt.name), Options{})
		if len(list) != 1 || list[0].Kind != IOSFilesystem {
			t.Fatalf("%s: %q", tt.name, describe(list))
		}
		s := list[0]
		var mapped []string
		for _, n := range s.Notes {
			if n.Code == "paths-mapped" {
				mapped = append(mapped, n.Detail)
			}
		}
		if d := s.Device; d.System != "iOS" || d.Version != tt.version || d.Zone != tt.zone || strings.Join(mapped, ", ") != tt.mapped {
			t.Errorf("%s: %+v, %q", tt.name, d, mapped)
		}
		if s.Device.IMEI != tt.imei && tt.imei != "" && tt.name != "josh_ios15_ffs" {
			t.Errorf("%s: IMEI %q", tt.name, s.Device.IMEI)
		}
		checkPaths(t, s)
		if f, err := s.Open(tt.has); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else {
			f.Close()
		}
		// The same from archives, with the same paths.
		want := paths(s)
		files := members(t, filepath.Join(dir, tt.name), "")
		for i, archive := range [][]byte{tarBytes(t, files), zipBytes(t, files, zip.Store)} {
			got := paths(openAll(t, put(t, "dump", archive), Options{})[0])
			if !slices.Equal(got, want) {
				t.Errorf("%s as archive %d: %d paths, want %d", tt.name, i, len(got), len(want))
			}
		}
	}
}

// checkPaths opens every path of a source and compares the listings.
func checkPaths(t *testing.T, s *Source) {
	t.Helper()
	entries := map[string]bool{}
	if err := s.Entries(func(e *Entry) error {
		if e.Mode.IsRegular() {
			entries[e.Path] = true
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	for _, name := range paths(s) {
		f, err := s.Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		f.Close()
		if !entries[name] && name != EntriesPath {
			t.Errorf("%s is not among the entries", name)
		}
		// An absent companion is found absent, not to be a folder.
		if _, err := s.Open(name + "-wol"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s-wol: %v", name, err)
		}
	}
}

// TestLayouts opens one file system in the layouts of several tools.
func TestLayouts(t *testing.T) {
	t.Parallel()
	type file struct{ stored, shown string }
	for name, files := range map[string][]file{
		"root":    {{"private/var/mobile/Library/SMS/sms.db", "private/var/mobile/Library/SMS/sms.db"}, {"System/Library/x", "System/Library/x"}, {"jb/x", "jb/x"}},
		"top":     {{"Dump/private/var/mobile/Library/a", "private/var/mobile/Library/a"}, {"Dump/System/Library/x", "System/Library/x"}, {"Dump.ufd", "filesystem/Dump.ufd"}},
		"private": {{"private/var/wireless/Library/a", "private/var/wireless/Library/a"}},
		"var":     {{"var/mobile/Library/a", "private/var/mobile/Library/a"}, {"etc/hosts", "etc/hosts"}},
		"data":    {{"mobile/Library/a", "private/var/mobile/Library/a"}, {"wireless/Library/b", "private/var/wireless/Library/b"}},
		"volumes": {{"filesystem2/mobile/Library/a", "private/var/mobile/Library/a"}, {"filesystem1/System/Library/x", "System/Library/x"},
			{"filesystem1/private/var/mobile/Library/a", "filesystem/filesystem1/private/var/mobile/Library/a"},
			{"extra/KeychainDump/k.plist", "filesystem/extra/KeychainDump/k.plist"}, {"entries", "filesystem/stored/entries"}},
		"old": {{"filesystem2/private/var/mobile/Library/a", "private/var/mobile/Library/a"}, {"filesystem1/usr/lib/x", "usr/lib/x"}},
	} {
		var list []member
		var want []string
		dir := t.TempDir()
		for _, f := range files {
			list = append(list, member{name: f.stored, data: []byte(f.stored)})
			want = append(want, f.shown)
			at := filepath.Join(dir, filepath.FromSlash(f.stored))
			if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(f.stored), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if name == "volumes" { // one vote is not more than a tenth of one
			list[2].name, want[2] = "filesystem1/private/etc/a", "private/etc/a"
			if err := os.RemoveAll(filepath.Join(dir, "filesystem1", "private", "var")); err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, "filesystem1", "private", "etc")
			if err := errors.Join(os.MkdirAll(at, 0o700), os.WriteFile(filepath.Join(at, "a"), []byte(list[2].name), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, EntriesPath)
		slices.Sort(want)
		for _, path := range []string{dir, put(t, "a.tar", tarBytes(t, list)), put(t, "a.zip", zipBytes(t, list, zip.Store)), put(t, "a.tar.zst", zstdBytes(t, tarBytes(t, list)))} {
			s := openAll(t, path, Options{})[0]
			if got := paths(s); !slices.Equal(got, want) {
				t.Errorf("%s in %s:\ngot  %q\nwant %q", name, filepath.Base(path), got, want)
			}
			checkPaths(t, s)
			for i, f := range files {
				shown := f.shown
				if name == "volumes" && i == 2 {
					continue
				}
				data, err := fs.ReadFile(s.FS, shown)
				if err != nil || string(data) != f.stored {
					t.Errorf("%s: %s holds %q, %v", name, shown, data, err)
				}
			}
		}
	}
}

// TestAbsoluteNames opens a file system whose archive has absolute names, as tar writes
// them with -P, also those of hard links.
func TestAbsoluteNames(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range []*tar.Header{
		{Name: "/private/var/mobile/Library/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "/private/var/mobile/Library/a", Size: 1, Mode: 0o644},
		{Name: "/private/var/mobile/Library/b", Typeflag: tar.TypeLink, Linkname: "/private/var/mobile/Library/a"},
		{Name: "//private/var/mobile/Library/c"},
		{Name: "/../private/var/mobile/Library/d"},
		{Name: "private/var/mobile/Library/a", Size: 1, Mode: 0o644},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := openAll(t, put(t, "a.tar", buf.Bytes()), Options{})[0]
	if got := paths(s); s.Kind != IOSFilesystem || !slices.Equal(got, []string{EntriesPath, "private/var/mobile/Library/a", "private/var/mobile/Library/b"}) {
		t.Errorf("%s %q", s.Kind, got)
	}
	if data, err := fs.ReadFile(s.FS, "private/var/mobile/Library/b"); err != nil || string(data) != "x" {
		t.Errorf("hard link: %q, %v", data, err)
	}
	notes := map[string]int64{}
	for _, n := range s.Notes {
		notes[n.Code] += n.Count
	}
	if notes["name-absolute"] != 3 || notes["name-refused"] != 2 || notes["duplicate-member"] != 1 {
		t.Errorf("%+v", s.Notes)
	}
}

// TestEntries lists folders, links, owners and times of archives.
func TestEntries(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	date := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, h := range []*tar.Header{
		{Name: "private/", Typeflag: tar.TypeDir, Mode: 0o755, ModTime: date},
		{Name: "private/var/mobile/Library/a", Size: 2, Mode: 0o4644, Uid: 501, Gid: 502, Uname: "mobile", ModTime: date.Add(5), AccessTime: date, ChangeTime: date.Add(time.Second),
			PAXRecords: map[string]string{"LIBARCHIVE.creationtime": "1700000000.5"}, Format: tar.FormatPAX},
		{Name: "private/var/mobile/Library/b", Typeflag: tar.TypeLink, Linkname: "private/var/mobile/Library/a", ModTime: date},
		{Name: "var", Typeflag: tar.TypeSymlink, Linkname: "private/var", ModTime: date},
		{Name: "dev/null", Typeflag: tar.TypeChar, ModTime: date},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = w.Write([]byte("hi"))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"private drwxr-xr-x 0 0 0 2024-05-06T07:08:09Z  ",
		"private/var/mobile/Library/a urw-r--r-- 501 502 2 2024-05-06T07:08:09.000000005Z  2024-05-06T07:08:09Z 2024-05-06T07:08:10Z 2023-11-14T22:13:20.5Z",
		"private/var/mobile/Library/b ---------- 0 0 0 2024-05-06T07:08:09Z private/var/mobile/Library/a hard",
		"var L--------- 0 0 0 2024-05-06T07:08:09Z private/var ",
		"dev/null Dc--------- 0 0 0 2024-05-06T07:08:09Z  ",
	}
	for _, data := range [][]byte{buf.Bytes(), gzipBytes(t, buf.Bytes())} {
		s := openAll(t, put(t, "x", data), Options{})[0]
		var got []string
		if err := s.Entries(func(e *Entry) error {
			hard := ""
			if e.Hard {
				hard = "hard"
			}
			line := fmt.Sprint(e.Path, " ", e.Mode, " ", e.UID, " ", e.GID, " ", e.Size, " ", e.Modified.Time.Format(time.RFC3339Nano), " ", e.Target, " ", hard)
			for _, at := range []EntryTime{e.Accessed, e.Changed, e.Created} {
				if !at.IsZero() {
					line += at.Time.Format(time.RFC3339Nano) + " "
				}
			}
			if e.Path == "private/var/mobile/Library/a" {
				line = strings.TrimSuffix(line, " ")
			}
			got = append(got, line)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		data, err := fs.ReadFile(s.FS, "private/var/mobile/Library/b")
		if err != nil || string(data) != "hi" {
			t.Errorf("hard link: %q, %v", data, err)
		}
		if got := noteCodesOf(s); !slices.Equal(got, []string{"filesystem-part", "links-listed", "not-regular"}) {
			t.Errorf("notes %q", got)
		}
	}
}
