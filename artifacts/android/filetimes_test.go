package android_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestFileTimes reads the times of an archive as dumpstate writes it, in the clock
// of the phone, and of one that was packed again, in UTC.
func TestFileTimes(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "bugreport-x.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, m := range []struct {
		name string
		set  func(*zip.FileHeader)
	}{
		{"bugreport-x.txt", dosTime},
		{"FS/data/anr/anr_1", dosTime},
		{"FS/data/anr/anr_2", func(h *zip.FileHeader) { h.Modified = time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC) }},
		{"FS/data/anr/anr_3", func(*zip.FileHeader) {}},
	} {
		h := &zip.FileHeader{Name: m.name}
		m.set(h)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("== dumpstate: 2031-02-03 04:05:07\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"artifact":"android.filetimes","origin":{"source":"bugreport-x.zip","path":"data/anr/anr_1","stored":"FS/data/anr/anr_1","row":2},"data":{"modified":"2025-11-23T10:46:16","instant":null,"file":"/data/anr/anr_1","size":34}}`,
		`{"artifact":"android.filetimes","origin":{"source":"bugreport-x.zip","path":"data/anr/anr_2","stored":"FS/data/anr/anr_2","row":3},"data":{"modified":null,"instant":{"utc":"2031-02-03T04:05:06Z","rule":"text"},"file":"/data/anr/anr_2","size":34}}`,
	}
	if got := filetimesOf(t, name); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	// Members with prefix FS/ in the report of Android 14; MVT lists them, too.
	report := testdata.Path(t, "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip")
	got := filetimesOf(t, report)
	if n := bugreportHas(got, `"modified":"20`); n != len(got) || bugreportHas(got, `"modified":"2025-11-22T19:30:`, `"file":"/proc/cpuinfo"`) != 1 {
		t.Errorf("%d records, %d with a time of the phone: %q", len(got), n, got)
	}
}

func filetimesOf(t *testing.T, name string) (lines []string) {
	t.Helper()
	sources, err := evidence.Open(t.Context(), name, evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sources[0].Close()
	return backupLines(t, sources[0], &android.FileTimes)
}

// dosTime gives a member the local time of DOS alone, as old archives have it.
func dosTime(h *zip.FileHeader) {
	//lint:ignore SA1019 Modified would write an instant beside it.
	h.ModifiedDate, h.ModifiedTime = 0x5b77, 0x55c8
}
