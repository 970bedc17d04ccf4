package examination_test

import (
	"testing"

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

func benchmark(b *testing.B, sample string, records int) {
	opt := options(b, sample, "")
	for b.Loop() {
		opt.Dir = b.TempDir()
		check(b, opt)
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
