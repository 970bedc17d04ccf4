package unifiedlog_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"io"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
	"github.com/vigie-project/vigie/internal/testdata"
)

// benchEntries is the size of the generated store of the benchmarks in memory.
const benchEntries = 500_000

var busyStore = sync.OnceValue(func() fs.FS {
	m := logtest.Memory{}
	if err := logtest.Busy(logtest.New(logtest.Options{Boot: start}, m.Create), start, benchEntries); err != nil {
		panic(err)
	}
	return m.FS()
})

func realStore(b *testing.B) fs.FS {
	return os.DirFS(testdata.Path(b, "unified-logs/log2timeline+plaso/AUL"))
}

// BenchmarkScan decodes and composes all entries.
func BenchmarkScan(b *testing.B) {
	b.Run("generated/1", func(b *testing.B) { scan(b, busyStore(), 1, unifiedlog.Filter{}) })
	b.Run("generated/2", func(b *testing.B) { scan(b, busyStore(), 2, unifiedlog.Filter{}) })
	b.Run("generated/process", func(b *testing.B) {
		scan(b, busyStore(), 1, unifiedlog.Filter{Processes: []string{"nsurlsessiond"}})
	})
	b.Run("generated/subsystem", func(b *testing.B) {
		scan(b, busyStore(), 1, unifiedlog.Filter{Subsystems: []string{"com.apple.subi"}})
	})
	b.Run("generated/minute", func(b *testing.B) {
		scan(b, busyStore(), 1, unifiedlog.Filter{Since: start.Add(20 * time.Second), Until: start.Add(25 * time.Second)})
	})
	b.Run("real/1", func(b *testing.B) { scan(b, realStore(b), 1, unifiedlog.Filter{}) })
	b.Run("real/2", func(b *testing.B) { scan(b, realStore(b), 2, unifiedlog.Filter{}) })
}

func scan(b *testing.B, fsys fs.FS, workers int, f unifiedlog.Filter) {
	a, err := unifiedlog.Open(fsys)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	var stats unifiedlog.Stats
	f.Stats = &stats
	for b.Loop() {
		bufs := make([][]byte, workers)
		err := a.Scan(context.Background(), f, workers, func(w int, batch []unifiedlog.Entry) {
			buf := bufs[w]
			for i := range batch {
				buf = batch[i].AppendMessage(buf[:0])
			}
			bufs[w] = buf
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	perOp := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(stats.Entries)/perOp/1e6, "Mgiven/s")
	b.ReportMetric(float64(total(b, a))/perOp/1e6, "Mentries/s")
}

var totals sync.Map

// total returns how many entries a store has.
func total(b *testing.B, a *unifiedlog.Archive) int64 {
	key := a.Files()[0].Name
	if n, ok := totals.Load(key); ok {
		return n.(int64)
	}
	var n atomic.Int64
	if err := a.Scan(context.Background(), unifiedlog.Filter{}, 0, func(_ int, batch []unifiedlog.Entry) { n.Add(int64(len(batch))) }); err != nil {
		b.Fatal(err)
	}
	totals.Store(key, n.Load())
	return n.Load()
}

// BenchmarkEntries gives and composes all entries in the order of time.
func BenchmarkEntries(b *testing.B) {
	for name, fsys := range map[string]fs.FS{"generated": busyStore(), "real": realStore(b)} {
		b.Run(name, func(b *testing.B) {
			a, err := unifiedlog.Open(fsys)
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			n := 0
			var buf []byte
			for b.Loop() {
				for e, err := range a.Entries(context.Background(), unifiedlog.Filter{}) {
					if err != nil {
						b.Fatal(err)
					}
					buf = e.AppendMessage(buf[:0])
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mentries/s")
		})
	}
}

// TestLarge measures a store of twenty million entries on the disk, if the
// environment variable VIGIE_LARGE names a folder for it.
func TestLarge(t *testing.T) {
	dir := os.Getenv("VIGIE_LARGE")
	if dir == "" {
		t.Skip("VIGIE_LARGE names no folder")
	}
	const entries = 20_000_000
	if _, err := os.Stat(filepath.Join(dir, "timesync")); err != nil {
		create := func(name string) (io.WriteCloser, error) {
			name = filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return nil, err
			}
			return os.Create(name)
		}
		if err := logtest.Busy(logtest.New(logtest.Options{Boot: start}, create), start, entries); err != nil {
			t.Fatal(err)
		}
	}
	measure := func(name string, run func(a *unifiedlog.Archive, f unifiedlog.Filter) int64) {
		var s unifiedlog.Stats
		begin := time.Now()
		a, err := unifiedlog.Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		n := run(a, unifiedlog.Filter{Stats: &s})
		took := time.Since(begin)
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		t.Logf("%s: %d entries in %v, %.2f million/s, %d MiB from the system, %d damaged, %d spilled",
			name, n, took, float64(n)/took.Seconds()/1e6, mem.Sys>>20, s.Damaged, s.Spilled)
	}
	for _, workers := range []int{1, 2} {
		measure("scan", func(a *unifiedlog.Archive, f unifiedlog.Filter) int64 {
			var n atomic.Int64
			bufs := make([][]byte, workers)
			_ = a.Scan(context.Background(), f, workers, func(w int, batch []unifiedlog.Entry) {
				for i := range batch {
					bufs[w] = batch[i].AppendMessage(bufs[w][:0])
				}
				n.Add(int64(len(batch)))
			})
			return n.Load()
		})
	}
	measure("entries", func(a *unifiedlog.Archive, f unifiedlog.Filter) (n int64) {
		var buf []byte
		for e, err := range a.Entries(context.Background(), f) {
			if err == nil {
				buf = e.AppendMessage(buf[:0])
				n++
			}
		}
		return n
	})
}
