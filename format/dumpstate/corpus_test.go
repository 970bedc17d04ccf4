package dumpstate

import (
	"archive/zip"
	"io"
	"os"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
)

const emulator = "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/" +
	"bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46"

// bugreport opens the text of the real bug report of an Android 14 emulator.
func bugreport(tb testing.TB) io.Reader {
	tb.Helper()
	z, err := zip.OpenReader(testdata.Path(tb, emulator+".zip"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { z.Close() })
	f, err := z.Open("bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.txt")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}

// TestEmulator checks the published count of "DUMP OF SERVICE" lines, 258, of
// which none is lost or without end, though four end in the middle of a line. The dump of window holds eleven rules of 79
// dashes, at which cutters that trust them end it.
func TestEmulator(t *testing.T) {
	t.Parallel()
	n, properties, window := map[Kind]int{}, 0, 0
	for s, err := range Sections(bugreport(t)) {
		if err != nil {
			t.Fatal(err)
		}
		for l := range s.Lines() {
			if s.Name == "SYSTEM PROPERTIES" && l.Text[0] == '[' {
				properties++
			}
			if s.Name == "window" && s.Priority == "CRITICAL" {
				window = s.LastLine
			}
		}
		n[s.Kind]++
		if s.Kind == Service && (!s.Closed || s.Ended.IsZero() || s.HostPID == 0 && s.Name != "SurfaceFlingerAIDL") {
			t.Errorf("service %s at line %d: closed %v, host %d, %q", s.Name, s.Line, s.Closed, s.HostPID, s.Failures)
		}
		if s.Kind == Header && s.Line == 2 {
			if h := Head(s.Name, s.Lines()); !h.Started.Equal(time.Date(2025, 11, 23, 10, 44, 46, 0, time.UTC)) {
				t.Errorf("started %v", h.Started)
			}
		}
	}
	if n[Service] != 258 || properties != 894 || window != 8357 {
		t.Errorf("%d services, %d lines of properties, window to %d: want 258, 894, 8357", n[Service], properties, window)
	}
}

// TestGingerbread cuts the texts of Android 2.3, whose lines end with CR LF and
// whose services have no last line.
func TestGingerbread(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"bugreport_deadlock.txt": 56, "bugreport_hybriddeadlock.txt": 56} {
		f, err := os.Open(testdata.Path(t, "android-bugreport/sonyxperiadev+ChkBugReport/examples/bugreports/"+name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		services := 0
		for s, err := range Sections(f) {
			if err != nil {
				t.Fatal(err)
			}
			if s.Kind == Service {
				services++
			}
		}
		if services != want {
			t.Errorf("%s: %d services, want %d", name, services, want)
		}
	}
}

func BenchmarkSections(b *testing.B) {
	data, err := io.ReadAll(bugreport(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for s, err := range Sections(&reader{data}) {
			if err != nil {
				b.Fatal(err)
			}
			for range s.Lines() {
				continue
			}
		}
	}
}

type reader struct{ data []byte }

func (r *reader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}
