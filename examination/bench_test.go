package examination_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/fabricate"
)

// BenchmarkManifest examines an encrypted backup whose manifest has many rows;
// a row is listed, parsed, matched, written, and sorted into the timeline.
func BenchmarkManifest(b *testing.B) {
	const rows = 100_000
	sample, _ := make(b, fabricate.Options{Seed: 1, Password: "sesame", Rows: rows, Messages: 100})
	benchmark(b, sample, rows)
}

// BenchmarkMessages examines a plain backup with many messages.
func BenchmarkMessages(b *testing.B) {
	const messages = 100_000
	sample, _ := make(b, fabricate.Options{Seed: 1, Messages: messages})
	benchmark(b, sample, messages)
}

// BenchmarkReading reads messages only: one worker parses, matches and writes
// them, without opening, the timeline and the verdict.
func BenchmarkReading(b *testing.B) {
	const messages = 200_000
	sample, _ := make(b, fabricate.Options{Seed: 1, Messages: messages})
	sought := sought(b, sample)
	list, err := evidence.Open(context.Background(), filepath.Join(sample, fabricate.BackupDir), evidence.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer list[0].Close()
	list[0].ID = "01-backup"
	plan := engine.NewPlan(list[0], []*artifact.Parser{&ios.SMS}, func(*artifact.Parser) bool { return true })
	e := engine.Engine{Detectors: sought.Detectors, Correlators: sought.Correlators, Workers: 1}
	before := cpuTime()
	for b.Loop() {
		c, err := casefile.Create(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		sink, err := c.Sink()
		if err != nil {
			b.Fatal(err)
		}
		if done, err := e.Run(context.Background(), plan.Jobs, sink); err != nil || done[0].Records < messages {
			b.Fatal(done, err)
		}
	}
	b.ReportMetric(messages*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	if used := cpuTime() - before; used > 0 {
		b.ReportMetric(messages*float64(b.N)/used.Seconds(), "records/cpu-s")
	}
}

func benchmark(b *testing.B, sample string, records int) {
	opt := options(b, sample, "")
	for b.Loop() {
		opt.Dir = b.TempDir()
		check(b, opt)
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
