package unifiedlog_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// store writes a small store; a real one is opened with os.DirFS.
func store() logtest.Memory {
	m := logtest.Memory{}
	w := logtest.New(logtest.Options{Boot: start}, m.Create)
	for i, name := range []string{"/usr/libexec/amfid", "/usr/libexec/locationd", "/usr/libexec/amfid"} {
		err := w.Add(&logtest.Entry{
			Time: start.Add(time.Minute + time.Duration(i)*time.Second), Process: name, PID: uint32(100 + i%2),
			Subsystem: "com.example.test", Category: "demo", Format: "%{public}s: entry %d", Args: []any{"/private/var/x", i},
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return m
}

// Entries in the order of time, of one process.
func ExampleArchive_Entries() {
	a, err := unifiedlog.Open(store().FS())
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	for e, err := range a.Entries(context.Background(), unifiedlog.Filter{Processes: []string{"amfid"}}) {
		if err != nil {
			fmt.Println("damaged:", err) // reading goes on
			continue
		}
		fmt.Println(e.Time().Format(time.RFC3339), e.Level, e.Process.Name(), e.Process.PID, e.Message())
	}
	// Output:
	// 2026-03-01T08:01:00Z Default amfid 100 /private/var/x: entry 0
	// 2026-03-01T08:01:02Z Default amfid 100 /private/var/x: entry 2
}

// Batches from all processors, as fast as they can be decoded.
func ExampleArchive_Scan() {
	a, err := unifiedlog.Open(store().FS())
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	var stats unifiedlog.Stats
	var bytes atomic.Int64
	err = a.Scan(context.Background(), unifiedlog.Filter{Stats: &stats}, 0, func(_ int, batch []unifiedlog.Entry) {
		for i := range batch {
			bytes.Add(int64(len(batch[i].AppendMessage(nil))))
		}
	})
	fmt.Println(stats.Entries, "entries,", bytes.Load(), "bytes of messages", err)
	// Output:
	// 3 entries, 69 bytes of messages <nil>
}

// What is missing or damaged is counted.
func ExampleStats() {
	m := store()
	for name := range m {
		if strings.Count(name, "/") == 1 && len(name) == 33 { // files of strings: HH/ and 30 digits
			delete(m, name)
		}
	}
	a, err := unifiedlog.Open(m.FS())
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	var stats unifiedlog.Stats
	for e, err := range a.Entries(context.Background(), unifiedlog.Filter{Levels: []unifiedlog.Level{unifiedlog.LevelDefault}, Stats: &stats}) {
		if err == nil {
			_, at := e.Reference()
			fmt.Printf("%s, %#x: %s\n", e.Status(), at, e.Items(nil)[0].Data[:14])
		}
	}
	fmt.Println(stats.NoStrings, "entries lack", stats.NoFormats, "formats;", stats.Damaged, "parts are damaged")
	// Output:
	// no strings file, 0x4000: /private/var/x
	// no strings file, 0x4000: /private/var/x
	// no strings file, 0x4000: /private/var/x
	// 3 entries lack 2 formats; 0 parts are damaged
}

// The programs that logged, and for how long, from the catalogs alone.
func ExampleArchive_Runs() {
	a, err := unifiedlog.Open(store().FS())
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	runs, errs := a.Runs(context.Background())
	for _, r := range runs {
		first, _ := r.Boot.At(r.First)
		fmt.Println(time.Unix(0, first).UTC().Format(time.TimeOnly), r.Process.PID, r.Process.Path())
	}
	fmt.Println(len(errs), "errors")
	// Output:
	// 08:01:00 100 /usr/libexec/amfid
	// 08:01:00 101 /usr/libexec/locationd
	// 0 errors
}
