package unifiedlog_test

import (
	"context"
	"fmt"
	"log"
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
