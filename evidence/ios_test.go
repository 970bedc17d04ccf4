package evidence

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
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
		if got := noteCodesOf(s); !slices.Equal(got, []string{"links-listed", "not-regular"}) {
			t.Errorf("notes %q", got)
		}
	}
}

// sysFiles are the files of a small sysdiagnose.
func sysFiles(top string) []member {
	return []member{
		{name: top + "sysdiagnose.log", data: []byte("sysdiagnose version 3.0\nOutput directory: /private/var/db/sysdiagnose/com.apple.sysdiagnose/IN_PROGRESS_sysdiagnose_2025.02.11_18-04-57+0100_iPhone-OS_iPhone_22D63\n")},
		{name: top + "ps.txt", data: []byte("USER\n")},
		{name: top + "taskinfo.txt", data: []byte("x")},
		{name: top + "remotectl_dumpstate.txt", data: []byte("Local device\n\tProperties: {\n\t\tSerialNumber => F17TEST00001\n\t\tUniqueDeviceID => 00008101-0001\n\t\tOSVersion => 18.3\n\t\tProductType => iPhone15,2\n\t\tBuildVersion => 22D63\n\t}\nFound Mac\n\tProperties: {\n\t\tSerialNumber => OTHER\n\t}\n")},
		{name: top + "crashes_and_spins/a.ips", data: []byte("{}")},
		{name: top + "._ps.txt", data: []byte("x")},
	}
}

const sysTop = "sysdiagnose_2025.02.11_18-04-57+0100_iPhone-OS_iPhone_22D63/"

func TestSysdiagnose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, m := range sysFiles(sysTop) {
		at := filepath.Join(dir, filepath.FromSlash(m.name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, m.data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	name := strings.TrimSuffix(sysTop, "/")
	for _, path := range []string{
		dir, filepath.Join(dir, name), put(t, name+".tar.gz", gzipBytes(t, tarBytes(t, sysFiles(sysTop)))),
		put(t, "renamed.tar", tarBytes(t, sysFiles("x/"))), put(t, "flat.tgz", gzipBytes(t, tarBytes(t, sysFiles("./")))),
		put(t, name+".zip", zipBytes(t, sysFiles(sysTop), zip.Deflate)),
	} {
		list := openAll(t, path, Options{})
		s := list[0]
		want := []string{"sysdiagnose/crashes_and_spins/a.ips", "sysdiagnose/ps.txt", "sysdiagnose/remotectl_dumpstate.txt", "sysdiagnose/sysdiagnose.log", "sysdiagnose/taskinfo.txt"}
		if got := paths(s); len(list) != 1 || s.Kind != IOSSysdiagnose || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %q", path, describe(list), got)
		}
		wantDevice := Device{Model: "iPhone15,2", System: "iOS", Version: "18.3", Build: "22D63", Serial: "F17TEST00001", UDID: "00008101-0001",
			Acquired: "2025-02-11T17:04:57Z", Captured: "2025-02-11T18:04:57+01:00"}
		if s.Device != wantDevice {
			t.Errorf("%s: %+v", path, s.Device)
		}
		if at, ok := s.Device.Capture(); !ok || offsetOf(at) != 3600 {
			t.Errorf("capture %v, %v", at, ok)
		}
		if got := noteCodesOf(s); !slices.Equal(got, []string{"appledouble-skipped"}) {
			t.Errorf("%s: notes %+v", path, s.Notes)
		}
	}
}

// TestSysdiagnoseNotes has what contradicts itself, is absent or lies beside.
func TestSysdiagnoseNotes(t *testing.T) {
	t.Parallel()
	without := func(list []member, name string) []member {
		return slices.DeleteFunc(list, func(m member) bool { return strings.HasSuffix(m.name, name) })
	}
	with := func(list []member, more ...member) []member { return append(list, more...) }
	zones := member{name: sysTop + "spindump-nosymbols.txt", data: []byte("Date/Time:        2025-02-11 20:05:01.123 +0200\nOS Version:       iPhone OS 18.3 (Build 22D64)\n")}
	for name, tt := range map[string]struct {
		file  string
		files []member
		kinds []string
		notes []string
	}{
		"no log":     {sysTop, without(sysFiles(sysTop), sysLog), []string{"sysdiagnose"}, []string{"appledouble-skipped", "capture-unknown", "root-guessed"}},
		"no instant": {"a.tar.gz", without(sysFiles("x/"), sysLog), []string{"sysdiagnose"}, []string{"appledouble-skipped", "capture-unknown", "root-guessed"}},
		"renamed":    {"sysdiagnose_2024.02.11_18-04-57+0100_iPhone-OS_iPhone_21A100", sysFiles("./"), []string{"sysdiagnose"}, []string{"appledouble-skipped", "capture-differs"}},
		"spindump":   {"a", with(sysFiles(sysTop), zones), []string{"sysdiagnose"}, []string{"appledouble-skipped", "capture-differs"}},
		"beside":     {"a", with(sysFiles(sysTop), member{name: "note.txt"}), []string{"sysdiagnose"}, []string{"appledouble-skipped", "files-outside"}},
		"two":        {"a", with(sysFiles("a/"), sysFiles("b/")...), []string{"sysdiagnose", "sysdiagnose"}, []string{"appledouble-skipped", "roots-several"}},
		"update": {"a", with(sysFiles(sysTop), member{name: sysTop + "crashes_and_spins/A.ips", data: []byte(`{"bug_type":"309","os_version":"iPhone OS 18.2.1 (22C161)"}`)}), []string{"sysdiagnose"},
			[]string{"appledouble-skipped", "capture-differs"}},
		"internal": {"a", with(sysFiles(sysTop), member{name: sysTop + "lsof.txt", data: []byte("x")}), []string{"sysdiagnose"}, []string{"appledouble-skipped", "internal-files"}},
		"apple archive": {"a", with(sysFiles(sysTop), member{name: sysTop + "x/sysdiagnose_2025.aar", data: []byte("pbze....")}), []string{"sysdiagnose"},
			[]string{"appledouble-skipped", "nested-damaged"}},
		"inside": {"a", with(sysFiles(sysTop), member{name: sysTop + "logs/sysdiagnose_1.tar.gz", data: gzipBytes(t, tarBytes(t, sysFiles("")))}), []string{"sysdiagnose", "sysdiagnose"},
			[]string{"appledouble-skipped"}},
	} {
		list := openAll(t, put(t, strings.TrimSuffix(tt.file, "/"), gzipBytes(t, tarBytes(t, tt.files))), Options{})
		var kinds []string
		for _, s := range list {
			kinds = append(kinds, s.Kind.String())
		}
		if got := noteCodesOf(list[0]); !slices.Equal(got, tt.notes) || !slices.Equal(kinds, tt.kinds) {
			t.Errorf("%s: %q, codes %q, notes %+v", name, kinds, got, list[0].Notes)
		}
		if parent := list[len(list)-1].Parent; (parent != "") != (name == "inside") {
			t.Errorf("%s: parent %q", name, parent)
		}
	}
}

// TestNestedIOS finds a sysdiagnose and a backup in a file system.
func TestNestedIOS(t *testing.T) {
	t.Parallel()
	backup := testBackup{files: usual()}.build(t)
	list := append(members(t, backup, "private/var/mobile/Media/old/"), member{name: "private/var/mobile/Library/x", data: []byte("x")},
		member{name: "private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/" + strings.TrimSuffix(sysTop, "/") + ".tar.gz", data: gzipBytes(t, tarBytes(t, sysFiles(sysTop)))},
		member{name: "private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/bad.tar.gz", data: []byte("\x1f\x8bbroken")})
	sources := openAll(t, put(t, "dump.tar", tarBytes(t, list)), Options{})
	var got []string
	for _, s := range sources {
		got = append(got, s.Kind.String()+" "+s.Parent+" "+s.Device.Build)
	}
	want := []string{"iOS file system  ", "sysdiagnose dump.tar 22D63", "iOS backup dump.tar "}
	if !slices.Equal(got, want) || !slices.Equal(noteCodesOf(sources[0]), []string{"nested-damaged"}) {
		t.Errorf("%q, %+v", got, sources[0].Notes)
	}
}

// TestBackupAndSysdiagnose opens what people keep in one folder of one phone.
func TestBackupAndSysdiagnose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "backup"), os.DirFS(testBackup{files: usual()}.build(t))); err != nil {
		t.Fatal(err)
	}
	archive := gzipBytes(t, tarBytes(t, sysFiles(sysTop)))
	if err := os.WriteFile(filepath.Join(dir, "sysdiagnose_a.tar.gz"), archive, 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range openAll(t, dir, Options{}) {
		got = append(got, s.Kind.String()+" "+s.Parent)
	}
	if want := []string{"iOS backup ", "sysdiagnose "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// Alone in a folder, the archive is found too.
	if err := os.RemoveAll(filepath.Join(dir, "backup")); err != nil {
		t.Fatal(err)
	}
	if list := openAll(t, dir, Options{}); len(list) != 2 || list[1].Kind != IOSSysdiagnose {
		t.Errorf("%q", describe(list))
	}
}

func TestIdentifyIOS(t *testing.T) {
	t.Parallel()
	backup := testBackup{files: usual(), password: testPassword}.build(t)
	dump := append(members(t, backup, "Dump/private/var/mobile/Media/old/"), member{name: "Dump/private/var/mobile/Library/SMS/sms.db", data: []byte("x")},
		member{name: "Dump/private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/a.tar.gz", data: gzipBytes(t, tarBytes(t, sysFiles(sysTop)))},
		member{name: "Dump/private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/b.aar", data: []byte("pbze")})
	for _, tt := range []struct {
		name, folder   string
		kind           Kind
		missing, notes int
		parts          string
	}{
		{put(t, "a.tar", tarBytes(t, dump)), "", IOSFilesystem, 7, 1,
			"[{Dump/private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/a.tar.gz sysdiagnose } {Dump/private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/b.aar  } {Dump/private/var/mobile/Media/old iOS backup password}]"},
		{put(t, "a.tar", tarBytes(t, sysFiles(sysTop))), strings.TrimSuffix(sysTop, "/"), IOSSysdiagnose, 5, 1, "[]"},
		{put(t, "a.tar", tarBytes(t, append(sysFiles("a/"), sysFiles("b/")...))), "a", IOSSysdiagnose, 5, 1, "[{b sysdiagnose }]"},
		{put(t, "x.ips", []byte(`{"bug_type":"309"}`)), "", IOSFiles, 0, 0, "[]"},
		{put(t, "x.zip", zipBytes(t, []member{{name: "crash/x.ips", data: []byte(`{"bug_type":"309"}`)}}, zip.Store)), "", IOSFiles, 0, 0, "[]"},
	} {
		id, err := Identify(t.Context(), tt.name)
		if err != nil {
			t.Fatal(err)
		}
		type part struct{ name, kind, needs string }
		parts := []part{}
		for _, p := range id.Parts {
			parts = append(parts, part{p.Name, p.Kind.String(), p.Needs})
		}
		if id.Kind != tt.kind || id.Folder != tt.folder || len(id.Missing) != tt.missing || len(id.Notes) != tt.notes || fmt.Sprint(parts) != tt.parts {
			t.Errorf("%s: %+v", tt.name, id)
		}
	}
}

func TestLooseFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report := []byte(`{"bug_type":"309","timestamp":"2025-01-01 00:00:00.00 +0000"}` + "\n{}")
	for name, data := range map[string][]byte{
		"sms.db": []byte(sqliteMagic + "rest"), "sms.db-wal": []byte("wal"), "x.ips": report, "a.plist": []byte("bplist00..."), "shutdown.log": []byte("After 1s\n"),
		"reports/deep/y.ips": report, "odd.bin": []byte("\x00\x01"), "note.txt": []byte("hello"),
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		"sms.db": {"files/sms.db", "files/sms.db-wal"}, "x.ips": {"files/x.ips"}, "a.plist": {"files/a.plist"}, "shutdown.log": {"files/shutdown.log"},
		"reports": {"files/deep/y.ips"}, "odd.bin": nil, "note.txt": nil,
	} {
		list, err := Open(t.Context(), filepath.Join(dir, name), Options{})
		if want == nil {
			if !errors.Is(err, errArchive) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := paths(list[0]); list[0].Kind != IOSFiles || !slices.Equal(got, want) || !slices.Equal(noteCodesOf(list[0]), []string{"places-unknown"}) {
			t.Errorf("%s: %s %q %+v", name, list[0].Kind, got, list[0].Notes)
		}
		list[0].Close()
	}
}

// TestHostileSysdiagnose has names that leave the archive, links, devices,
// sparse members, duplicates, sizes that lie and a cut end.
func TestHostileSysdiagnose(t *testing.T) {
	t.Parallel()
	list := append(sysFiles(sysTop), member{name: "../up", data: []byte("x")}, member{name: "/abs"}, member{name: sysTop + "link", kind: tar.TypeSymlink},
		member{name: sysTop + "fifo", kind: tar.TypeFifo}, member{name: sysTop + "ps.txt", data: []byte("second")}, member{name: sysTop + "big", data: randomBytes(1<<20, 9)})
	whole := gzipBytes(t, tarBytes(t, list))
	s := openAll(t, put(t, "a.tar.gz", whole), Options{})[0]
	want := []string{"appledouble-skipped", "duplicate-member", "links-listed", "name-refused", "not-regular"}
	if got := noteCodesOf(s); !slices.Equal(got, want) {
		t.Errorf("notes %q %+v", got, s.Notes)
	}
	for _, cut := range []int{len(whole) - 1, len(whole) - 9, len(whole) - 200_000} {
		s := openAll(t, put(t, "a.tar.gz", whole[:cut]), Options{})[0]
		i := slices.IndexFunc(s.Notes, func(n Note) bool { return n.Code == "archive-damaged" })
		if i < 0 || !s.Notes[i].Incomplete() || !strings.Contains(s.Notes[i].Detail, "incomplete at byte") {
			t.Errorf("cut at %d: %+v", cut, s.Notes)
		}
		if data, err := fs.ReadFile(s.FS, "sysdiagnose/taskinfo.txt"); err != nil || string(data) != "x" {
			t.Errorf("cut at %d: %q, %v", cut, data, err)
		}
	}
	plain := tarBytes(t, sysFiles(sysTop))
	plain = append(plain[:len(plain)-1024], tarHeader(t, sysTop+"liar", 1<<40)...)
	s = openAll(t, put(t, "a.tar", plain), Options{})[0]
	if got := noteCodesOf(s); !slices.Equal(got, []string{"appledouble-skipped", "archive-damaged"}) {
		t.Errorf("a size that lies: %q", got)
	}
	f, err := s.Open("sysdiagnose/liar")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := io.Copy(io.Discard, f); n != 0 || err != nil {
		t.Errorf("a size that lies: %d bytes, %v", n, err)
	}
}

// TestSparseMember has a member of which the archive stores parts only.
func TestSparseMember(t *testing.T) {
	t.Parallel()
	header := tarHeader(t, sysTop+"sparse", 0)
	const kind, sum, sumEnd, realSize = 156, 148, 156, 483
	header[kind] = tar.TypeGNUSparse
	copy(header[realSize:], "00000000000\x00")
	copy(header[sum:sumEnd], "        ")
	total := 0
	for _, b := range header[:tarBlock] {
		total += int(b)
	}
	copy(header[sum:sumEnd], fmt.Sprintf("%06o\x00 ", total))
	plain := tarBytes(t, sysFiles(sysTop))
	s := openAll(t, put(t, "a.tar", append(append(plain[:len(plain)-1024:len(plain)-1024], header...), make([]byte, 1024)...)), Options{})[0]
	if got := noteCodesOf(s); !slices.Equal(got, []string{"appledouble-skipped", "member-sparse"}) {
		t.Errorf("notes %+v", s.Notes)
	}
}

// TestManySpools bounds what all archives together take of the disk.
func TestManySpools(t *testing.T) {
	name := put(t, "a.tar.gz", gzipBytes(t, tarBytes(t, sysFiles(sysTop))))
	before := spooled.Load()
	spooled.Add(spoolTotal)
	list, err := Open(t.Context(), name, Options{})
	spooled.Add(-spoolTotal)
	if err != nil || len(paths(list[0])) != 5 {
		t.Fatalf("%v, %v", list, err)
	}
	if err := list[0].Close(); err != nil || spooled.Load() != before {
		t.Errorf("%d bytes are counted, %v", spooled.Load()-before, err)
	}
}

// tarHeader returns the header of a member without its content.
func tarHeader(tb testing.TB, name string, size int64) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := tar.NewWriter(&buf).WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, Format: tar.FormatGNU}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func TestAppleArchive(t *testing.T) {
	t.Parallel()
	for _, magic := range []string{"AA01", "YAA1", "AEA1", "pbze", "pbzx"} {
		if _, err := Open(t.Context(), put(t, "a.aar", []byte(magic+"1234567890")), Options{}); !errors.Is(err, ErrAppleArchive) {
			t.Errorf("%s: %v", magic, err)
		}
		if _, err := Identify(t.Context(), put(t, "a.aar", []byte(magic+"1234567890"))); !errors.Is(err, ErrAppleArchive) {
			t.Errorf("%s: %v", magic, err)
		}
	}
}

func TestAsciiDigits(t *testing.T) {
	t.Parallel()
	if got := asciiDigits("٢٠٢٥.۰۲ ०९ abc 123 é"); got != "2025.02 09 abc 123 é" {
		t.Error(got)
	}
}

// FuzzSysdiagnose opens archives that are damaged anywhere.
func FuzzSysdiagnose(f *testing.F) {
	f.Add(tarBytes(f, sysFiles(sysTop)))
	f.Add(gzipBytes(f, tarBytes(f, sysFiles(sysTop))))
	f.Add(tarBytes(f, []member{{name: "filesystem2/mobile/Library/a", data: []byte("x")}}))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(dir, "x")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := Open(t.Context(), name, Options{})
		if err != nil {
			return
		}
		for _, s := range list {
			_ = s.WalkFiles(func(name string, _ int64) error {
				if !fs.ValidPath(name) {
					t.Fatalf("path %q", name)
				}
				if file, err := s.Open(name); err == nil {
					_, _ = io.Copy(io.Discard, io.LimitReader(file, 1<<20))
					file.Close()
				}
				return nil
			})
			_ = s.Entries(func(*Entry) error { return nil })
			s.Close()
		}
	})
}
