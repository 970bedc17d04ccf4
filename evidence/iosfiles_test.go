package evidence

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
	if !slices.Equal(got, want) || !slices.Equal(noteCodesOf(sources[0]), []string{"filesystem-part", "nested-damaged"}) {
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

// TestUnpackedSysdiagnose opens sysdiagnoses that somebody has unpacked, in a file system
// and beside a backup, and not again what lies in them.
func TestUnpackedSysdiagnose(t *testing.T) {
	t.Parallel()
	const kept = "private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/"
	inner := member{name: kept + sysTop + "crashes_and_spins/sysdiagnose_b.tar.gz", data: gzipBytes(t, tarBytes(t, sysFiles("b/")))}
	dump := append(sysFiles(kept+sysTop), inner, member{name: "private/var/mobile/Library/x", data: []byte("x")})
	backup := append(members(t, testBackup{files: usual()}.build(t), "backup/"), sysFiles(sysTop)...)
	folder := t.TempDir()
	for _, m := range backup {
		at := filepath.Join(folder, filepath.FromSlash(m.name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, m.data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	top := strings.TrimSuffix(sysTop, "/")
	for _, tt := range []struct{ name, want, parts string }{
		{put(t, "dump.tar", tarBytes(t, dump)), "[iOS file system of dump.tar, in ; sysdiagnose of " + kept + top + ", in dump.tar; sysdiagnose of " + kept + top + "/crashes_and_spins/sysdiagnose_b.tar.gz, in dump.tar]",
			"[" + kept + top + "]"},
		{put(t, "both.tar", tarBytes(t, backup)), "[iOS backup of both.tar, in ; sysdiagnose of " + top + ", in ]", "[" + top + "]"},
		{folder, "[iOS backup of " + filepath.Base(folder) + ", in ; sysdiagnose of " + top + ", in ]", "[" + top + "]"},
	} {
		var got, parts []string
		for _, s := range openAll(t, tt.name, Options{}) {
			got = append(got, s.Kind.String()+" of "+s.Name+", in "+s.Parent)
		}
		if text := "[" + strings.Join(got, "; ") + "]"; text != tt.want {
			t.Errorf("got  %s\nwant %s", text, tt.want)
		}
		id, err := Identify(t.Context(), tt.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range id.Parts {
			parts = append(parts, p.Name)
		}
		if fmt.Sprint(parts) != tt.parts {
			t.Errorf("parts %q, want %s", parts, tt.parts)
		}
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
		{put(t, "a.tar", tarBytes(t, dump)), "", IOSFilesystem, 7, 2,
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
		"reports/deep/y.ips": report, "privacy/App_Privacy_Report_v4.ndjson": []byte(`{"category":"camera","timeStamp":"2025-01-01T00:00:00Z","type":"access"}` + "\n"), "odd.bin": []byte("\x00\x01"), "note.txt": []byte("hello"),
		"android_logcat.log": []byte("--------- beginning of main\n"), "shutdown-checkpoints.log": []byte("--------- beginning of main\n"),
		"ps.txt": []byte("USER PID PPID VSZ RSS WCHAN ADDR S NAME\n"), "android/ps.txt": []byte("USER PID PPID VSZ RSS WCHAN ADDR S NAME\n"),
		"iphone/ps.txt": []byte("USER UID PID PPID %CPU COMMAND\n"),
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		"sms.db": {"files/sms.db", "files/sms.db-wal"}, "x.ips": {"files/x.ips"}, "a.plist": {"files/a.plist"}, "shutdown.log": {"files/shutdown.log"},
		"reports": {"files/deep/y.ips"}, "privacy": {"files/App_Privacy_Report_v4.ndjson"}, "odd.bin": nil, "note.txt": nil, "android_logcat.log": nil, "shutdown-checkpoints.log": nil, "android/ps.txt": nil,
		"iphone/ps.txt": {"files/ps.txt"},
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

// TestOpenStopped ends opening when the context does.
func TestOpenStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dump := []member{{name: "private/var/mobile/Library/x", data: []byte("x")}}
	for _, name := range []string{
		writeFolder(t, dump, ""), writeFolder(t, sysFiles(""), ""), put(t, "a.tar", tarBytes(t, dump)), put(t, "a.tar.gz", gzipBytes(t, tarBytes(t, dump))),
	} {
		if _, err := Open(ctx, name, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
