package tombstone

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vigie-project/vigie/internal/testdata"
)

const sample = `*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***
Build fingerprint: 'acme/rocket/rocket:14/XY/1:user/release-keys'
Revision: '0'
ABI: 'arm64'
Timestamp: 2031-02-01 12:32:40.518290770+0200
Process uptime: 12s
Cmdline: /vendor/bin/hw/media.codec -x
pid: 2554, tid: 2130, name: c2: decoder  >>> /vendor/bin/hw/media.codec <<<
uid: 1046
tagged_addr_ctrl: 0000000000000001
signal 11 (SIGSEGV), code 0 (SI_USER from pid 7, uid 2000), fault addr 0x0000000000000010
Abort message: 'Check failed: x <= y
second line'
Cause: null pointer dereference
Caused by: something else
    x0  0000000000000001  x1  00000000000000ff
backtrace:
      #00 pc 000000000004bd80  /apex/x/libc.so (std::f(int, (a))+160) (BuildId: 00ff)
      #01 pc 0000000000000010  <unknown>

code around pc:
    0000000000000010 0000000000000000
memory map (2 entries):
    00000000'0995b000-00000000'0995bfff r--         0      1000  /data/local/tmp/x (BuildId: 0a) (load bias 0x1000)
--->00000000'e80c0000-00000000'e80c0fff ---         0      1000
open files:
    fd 0: /dev/null (unowned)
    fd 9: socket:[1] (owned by unique_fd 0x7ff)
--------- tail end of log main
02-01 12:32:40.000  2554  2130 E tag     : text: more
--- --- --- --- --- --- --- --- --- --- --- --- --- --- --- ---
pid: 2554, tid: 2131, name: other  >>> /vendor/bin/hw/media.codec <<<
backtrace:
    note: x
      #00 pc 00000000000000aa  /system/lib64/a.so
`

func TestText(t *testing.T) {
	t.Parallel()
	got, err := Decode([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := Tombstone{Fingerprint: "acme/rocket/rocket:14/XY/1:user/release-keys", Revision: "0", Arch: "arm64",
		Time: time.Date(2031, 2, 1, 12, 32, 40, 518290770, time.FixedZone("", 7200)), RawTime: "2031-02-01 12:32:40.518290770+0200",
		Uptime: 12 * time.Second, PID: 2554, TID: 2130, UID: 1046, Thread: "c2: decoder", Binary: "/vendor/bin/hw/media.codec",
		CommandLine: []string{"/vendor/bin/hw/media.codec -x"},
		Signal:      Signal{11, "SIGSEGV", 0, "SI_USER", "0x0000000000000010", 7, 2000},
		Abort:       "Check failed: x <= y\nsecond line", Causes: []string{"null pointer dereference"},
		Threads: []Thread{{ID: 2130, Name: "c2: decoder", Registers: []Pair{{"x0", "0000000000000001"}, {"x1", "00000000000000ff"}},
			Frames: []Frame{{0, 0x4bd80, "std::f(int, (a))", 160, "/apex/x/libc.so", "00ff", 18}, {Index: 1, PC: 0x10, Line: 19}}},
			{ID: 2131, Name: "other", Notes: []string{"note: x"}, Frames: []Frame{{PC: 0xaa, File: "/system/lib64/a.so", Line: 35}}}},
		Mappings: []Mapping{{0x995b000, 0x995c000, 0, "r--", "/data/local/tmp/x", "0a", 0x1000}, {Begin: 0xe80c0000, End: 0xe80c1000, Perm: "---"}},
		FDs:      []FD{{0, "/dev/null", "", 0}, {9, "socket:[1]", "unique_fd", 0x7ff}},
		Logs:     []Log{{"main", []LogLine{{"02-01 12:32:40.000", 2554, 2130, "E", "tag", "text: more"}}}},
		Other:    []Pair{{"tagged_addr_ctrl", "0000000000000001"}, {"Caused by", "something else"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func decode(t *testing.T, name string) Tombstone {
	t.Helper()
	f, err := os.Open(testdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return got
}

// TestTwins compares the text and the protobuf of one crash: they agree in all
// that both have, but for the zero signal of this one.
func TestTwins(t *testing.T) {
	t.Parallel()
	a := decode(t, "android-tombstone/mvt-project+mvt/android_data/tombstone_process.txt")
	b := decode(t, "android-tombstone/mvt-project+mvt/android_data/tombstone_process.pb")
	if b.SELinux != "u:r:mtk_hal_c2:s0" || a.Binary != "/vendor/bin/hw/android.hardware.media.c2@1.2-mediatek" || a.UID != 1046 {
		t.Errorf("label %q, binary %q, uid %d", b.SELinux, a.Binary, a.UID)
	}
	for i := range a.Threads[0].Frames {
		a.Threads[0].Frames[i].Line = 0
	}
	a.Protobuf, a.SELinux, b.Binary, b.Uptime = true, b.SELinux, a.Binary, a.Uptime
	for i, r := range b.Threads[0].Registers {
		b.Threads[0].Registers[i].Value = r.Value[8:] // of 32 bits
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

// TestPublished checks what the tests of the peers assert. They call the first
// thread "main", whatever its name.
func TestPublished(t *testing.T) {
	t.Parallel()
	s := decode(t, "android-tombstone/getsentry+sentry-java/tombstone.pb.gz")
	got := fmt.Sprintf("Fatal signal %s (%d), %s (%d), pid = %d (%s)", s.Signal.Name, s.Signal.Number, s.Signal.CodeName, s.Signal.Code,
		s.PID, strings.Join(s.CommandLine, " "))
	if want := "Fatal signal SIGSEGV (11), SEGV_MAPERR (1), pid = 21891 (io.sentry.samples.android)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(s.Threads) != 62 || len(s.Mappings) != 2851 || len(s.FDs) != 183 || s.Thread != "samples.android" {
		t.Errorf("%d threads, %d mappings, %d files, thread %q", len(s.Threads), len(s.Mappings), len(s.FDs), s.Thread)
	}
	folder := "android-bugreport/mvt-project+mvt/android_data/bugreport/FS/data/tombstones/"
	if a, b := decode(t, folder+"tombstone_00"), decode(t, folder+"tombstone_01"); a.PID != 9850 || b.PID != 3559 || len(a.Threads[0].Frames) != 10 ||
		b.Time.Format(time.RFC3339) != "2023-08-21T23:28:59-04:00" || b.Signal.Fault != "0xe8b4d14c" {
		t.Errorf("pids %d, %d, time %v", a.PID, b.PID, b.Time)
	}
}

// TestImages compares the files with a build identifier with the 352 images that
// a peer makes of them: 350 differ, two files being mapped twice.
func TestImages(t *testing.T) {
	t.Parallel()
	want, got := map[string]bool{}, map[string]bool{}
	var meta struct {
		Images []struct {
			CodeFile string `json:"code_file"`
			CodeID   string `json:"code_id"`
		}
	}
	f, err := os.Open(testdata.Path(t, "android-tombstone/getsentry+sentry-java/tombstone_debug_meta.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&meta); err != nil {
		t.Fatal(err)
	}
	for _, i := range meta.Images {
		want[i.CodeFile+" "+i.CodeID] = true
	}
	for _, m := range decode(t, "android-tombstone/getsentry+sentry-java/tombstone.pb.gz").Mappings {
		if m.BuildID != "" {
			got[m.Name+" "+m.BuildID] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(meta.Images) != 352 {
		t.Error(len(meta.Images), len(got), diff)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "hello", "\x0a\xff", "*** *** ***\n"} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	if got, err := Decode([]byte("*** *** ***\nBuild fingerprint: 'a'\nABI: 'arm'\n")); err == nil || got.Fingerprint != "a" {
		t.Errorf("cut before the process: %+v, error %v", got, err)
	}
	got, err := Decode([]byte("\x12\x01a\x28\x05\x82\x01\x7f"))
	if err == nil || got.PID != 5 || got.Fingerprint != "a" {
		t.Errorf("damaged protobuf: %+v, error %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\x12\x01a\x28\x05\x82\x01\x04\x08\x01\x12\x00"))
	f.Fuzz(func(_ *testing.T, data []byte) { Decode(data) })
}
