package from

import (
	"context"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/record"
)

// Reports returns the patterns of crash and diagnostic reports of iOS: those on a
// phone, also in its folders Retired, Panics and of paired devices, and those in
// a sysdiagnose.
func Reports() []artifact.Pattern {
	return []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Logs/CrashReporter/**/*.ips*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/*/Library/Logs/CrashReporter/**/*.ips*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/logs/CrashReporter/**/*.ips*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Logs/CrashReporter/**/*.crash*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.ips*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.crash*"},
	}
}

// reportSorter sorts reports by their class.
var reportSorter = artifact.Sorter{Of: func(name string, file io.ReaderAt, size int64) (uint8, bool) {
	if strings.HasPrefix(path.Base(name), "._") {
		return uint8(ips.Other), true // what a Mac notes beside a file
	}
	r, err := ips.Open(file, size)
	return uint8(r.Class), err == nil
}}

// ReportsOf are the reports of some classes, for parsers of [EachReport].
func ReportsOf(classes ...ips.Class) artifact.Sorts {
	s := artifact.Sorts{By: &reportSorter}
	for _, c := range classes {
		s.Set |= 1 << c
	}
	return s
}

// A Report is a report of iOS that is open for reading.
type Report struct {
	ips.Report
	Input *artifact.Input
	Name  ips.Name // what the name of its file says

	buf *[]byte // for the content; nil for none
}

// contents are buffers for the contents of reports, of no more than maxContent
// bytes each.
var contents = sync.Pool{New: func() any { return new([]byte) }}

const maxContent = 1 << 20

// Content is [ips.Report.Content]. What it returns is valid until the reading of the
// report by [EachReport] ends.
func (r *Report) Content() ([]byte, error) {
	if r.buf == nil || r.Input.Size > maxContent {
		return r.Report.Content()
	}
	b, err := r.ContentIn(*r.buf)
	*r.buf = b
	return b, err
}

// Proxied reports whether the report is of another device, such as a watch, that
// the phone keeps it for.
func (r *Report) Proxied() bool { return strings.Contains(r.Input.Path, "/ProxiedDevice") }

// At returns the origin of what the body says, for [artifact.Input.Record].
func (r *Report) At() record.Origin {
	if r.Start > 0 {
		return record.Origin{Row: 2}
	}
	return record.Origin{Row: 1}
}

// Text returns a value of the header.
func (r *Report) Text(key string) string { return r.Header.Get(key).Text() }

// Time returns the first of the texts that is a time with its offset from UTC, and
// failing all that of the header. Stored is the first text that is not empty if
// none is such a time.
func (r *Report) Time(texts ...string) (t record.Time, stored string) {
	for _, s := range append(texts, r.Text("timestamp")) {
		if t, ok := ips.ParseTime(s); ok {
			return record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}, ""
		}
		if stored == "" {
			stored = s
		}
	}
	return record.Time{}, stored
}

// Wall returns the time in the name of the file: clock of the phone.
func (r *Report) Wall() record.WallTime {
	return record.WallTime{Time: r.Name.Time.Truncate(time.Second)}
}

// EachReport parses reports of some classes: read yields the records of one, and
// stops when yield returns false. Files that are no reports, and of other classes,
// give nothing; ios.diagnosticreports tells of them.
func EachReport(read func(r *Report, yield func(record.Record, error) bool), classes ...ips.Class) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			name := path.Base(in.Path)
			if strings.HasPrefix(name, "._") {
				return // what a Mac notes beside a file
			}
			r, err := ips.Open(in.File, in.Size)
			if err != nil || !slices.Contains(classes, r.Class) {
				return
			}
			buf := contents.Get().(*[]byte)
			defer contents.Put(buf)
			read(&Report{Report: r, Input: in, Name: ips.ParseName(name), buf: buf}, yield)
		}
	}
}

// Pairs returns pairs of a report as they are in records.
func Pairs(pairs []ips.Pair) []record.KV {
	var list []record.KV
	for _, p := range pairs {
		list = append(list, record.KV{Key: p.Key, Value: p.Value})
	}
	return list
}
