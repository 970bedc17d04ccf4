package evidence

import (
	"archive/tar"
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkFilesystemTar opens and lists a tar archive of 500,000 files, as a
// plan does.
func BenchmarkFilesystemTar(b *testing.B) {
	benchmarkTar(b, 500_000)
}

// BenchmarkFilesystemTarHuge does so with 10,000,000 files, if VIGIE_SCALE_HUGE
// is set: the archive has 5 GB.
func BenchmarkFilesystemTarHuge(b *testing.B) {
	if os.Getenv("VIGIE_SCALE_HUGE") == "" {
		b.Skip("set VIGIE_SCALE_HUGE")
	}
	benchmarkTar(b, 10_000_000)
}

func benchmarkTar(b *testing.B, files int) {
	name := filepath.Join(b.TempDir(), "dump.tar")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	w := tar.NewWriter(buf)
	for i := range files {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("private/var/mobile/Containers/Data/%d/Library/file %d.db", i/100, i), Mode: 0o644}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if err := buf.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	for b.Loop() {
		start := time.Now()
		list, err := Open(b.Context(), name, Options{})
		if err != nil {
			b.Fatal(err)
		}
		opened := time.Since(start)
		n := 0
		if err := list[0].WalkFiles(func(string, int64) error { n++; return nil }); err != nil || n != files+1 {
			b.Fatal(n, err)
		}
		walked := time.Since(start)
		if err := list[0].Entries(func(*Entry) error { return nil }); err != nil {
			b.Fatal(err)
		}
		b.Logf("opened in %v, listed in %v, entries in %v, %s", opened, walked-opened, time.Since(start)-walked, peakMemory())
		list[0].Close()
	}
}

// BenchmarkOpenArchive opens the archive VIGIE_SCALE_ARCHIVE.
func BenchmarkOpenArchive(b *testing.B) {
	name := os.Getenv("VIGIE_SCALE_ARCHIVE")
	if name == "" {
		b.Skip("set VIGIE_SCALE_ARCHIVE")
	}
	for b.Loop() {
		list, err := Open(b.Context(), name, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%q, %s", describe(list), peakMemory())
		for _, s := range list {
			s.Close()
		}
	}
}

// peakMemory returns the most memory that the process has used, where the
// system says it.
func peakMemory() string {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return ""
}
