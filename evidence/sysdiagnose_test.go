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
)

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

// TestHostileSysdiagnose has names that leave the archive, links, devices,
// sparse members, duplicates, sizes that lie and a cut end.
func TestHostileSysdiagnose(t *testing.T) {
	t.Parallel()
	list := append(sysFiles(sysTop), member{name: "../up", data: []byte("x")}, member{name: "/abs"}, member{name: sysTop + "link", kind: tar.TypeSymlink},
		member{name: sysTop + "fifo", kind: tar.TypeFifo}, member{name: sysTop + "ps.txt", data: []byte("second")}, member{name: sysTop + "big", data: randomBytes(1<<20, 9)})
	whole := gzipBytes(t, tarBytes(t, list))
	s := openAll(t, put(t, "a.tar.gz", whole), Options{})[0]
	want := []string{"appledouble-skipped", "duplicate-member", "files-outside", "links-listed", "name-absolute", "name-refused", "not-regular"}
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

// TestSystemFromReport reads the system from a crash report where nothing else
// names it.
func TestSystemFromReport(t *testing.T) {
	t.Parallel()
	list := append(sysFiles("x/")[1:3], member{name: "x/ioreg/IODeviceTree.txt", data: []byte("  \"IOPlatformSerialNumber\" = \"F17TEST00002\"\n  \"model\" = <\"iPhone12,1\">\n")},
		member{name: "x/crashes_and_spins/a.ips", data: []byte(`{"bug_type":"309","os_version":"iPhone OS 14.8.1 (18H107)"}` + "\n{}")})
	s := openAll(t, put(t, "a.tar", tarBytes(t, list)), Options{})[0]
	want := Device{Model: "iPhone12,1", System: "iOS", Version: "14.8.1", Build: "18H107", Serial: "F17TEST00002"}
	if s.Kind != IOSSysdiagnose || s.Device != want {
		t.Errorf("got %s %+v, want %+v", s.Kind, s.Device, want)
	}
}
