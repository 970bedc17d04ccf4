package ios

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/logdata"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogData reads which processes logged most.
var LogData = artifact.Parser{
	ID:    "ios.logdata",
	Title: lang.Text{EN: "Processes that logged most", FR: "Processus les plus bavards dans le journal"},
	Doc: `Whenever logd has filled a file of the unified log (File Rotate), or thrown away what it keeps in
memory only (Memory Rollover), it notes which processes logged most meanwhile, about twenty,
with the full paths of their programs. These statistics stay for days to weeks, also when the
logs themselves are gone. There is one record for each process of each such note.

A program in an unusual folder ran at that time, or somewhat before. One that logs little is not
in the list. Records without a process are other notes: of deleted files (purge), of
programs that took a copy of the log (snapshot), of processes that were silenced (quarantine).
Files ending in .jsonl are there since iOS 16.4, beside the older ones or in their place.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/logdata.statistics.*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/Extra/logdata.statistics.*"},
	},
	Record: logDataEntry{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/EC-DIGIT-CSIRC/sysdiagnose",
	},
	Parse: logDataParse,
}

// logDataEntry is one process of a note, or a note without processes.
type logDataEntry struct {
	Time     record.Time    `json:"time"`                // time: with offset from UTC; unixTime: seconds since 1970 UTC. When the file was full
	TimeText string         `json:"time_text,omitempty"` // time, if it could not be read
	Kind     string         `json:"kind"`                // statistics, snapshot, purge, uuid purge, quarantine
	Type     string         `json:"type,omitempty"`      // type: File Rotate, Memory Rollover…
	File     string         `json:"file,omitempty"`      // file: of the log, in the folder diagnostics
	Path     record.Path    `json:"path,omitempty"`      // of the program: procs; processList, process
	Name     record.Process `json:"name,omitempty"`      // last part of the path
	Bytes    *int64         `json:"bytes,omitempty"`     // that it logged
	Percent  *float64       `json:"percent,omitempty"`   // of all bytes
	Rank     int64          `json:"rank,omitempty"`      // place in the list, from 1
	Total    *int64         `json:"total,omitempty"`     // total, totalBytes: logged by all
	Client   record.Path    `json:"client,omitempty"`    // client: program that asked for a snapshot, or was silenced
	Other    []record.KV    `json:"other,omitempty"`     // other keys
	Left     int64          `json:"left,omitempty"`      // values beyond the limits, which are not kept
}

// String implements [record.Data].
func (e logDataEntry) String() string {
	if e.Path != "" {
		return record.Line("logged before this time: " + string(e.Path))
	}
	s := "log daemon: " + e.Kind
	for _, more := range []string{e.Type, string(e.Client)} {
		if more != "" {
			s += ", " + more
		}
	}
	return record.Line(s)
}

func logDataParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if strings.HasSuffix(in.Path, ".jsonl") {
		return logDataJSON(in)
	}
	return logDataText(ctx, in)
}

// logDataText reads the older form.
var logDataText = from.Decoded(logDataDecode, func(one logDataOne) (record.Origin, record.Data) {
	return one.at, one.entry
})

// logDataOne is an entry and where it is.
type logDataOne struct {
	at    record.Origin
	entry logDataEntry
}

// logDataDecode yields the entries of all records.
func logDataDecode(text iter.Seq[lines.Line]) iter.Seq2[logDataOne, error] {
	return func(yield func(logDataOne, error) bool) {
		for r, err := range logdata.Decode(text) {
			if err != nil {
				if !yield(logDataOne{}, fmt.Errorf("read statistics of the log: %w", err)) {
					return
				}
				continue
			}
			e := logDataEntry{TimeText: r.TimeText, Kind: r.Kind, Type: r.Type, File: r.File, Total: r.Total, Client: record.Path(r.Client), Left: int64(r.More)}
			if !r.Time.IsZero() {
				e.Time = record.Time{Time: r.Time.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
			}
			for _, v := range r.Other {
				e.Other = append(e.Other, record.KV{Key: v.Key, Value: v.Value})
			}
			if len(r.Processes) == 0 && !yield(logDataOne{record.Origin{Row: int64(r.Line), Offset: r.Offset}, e}, nil) {
				return
			}
			for i, p := range r.Processes {
				one := e
				one.process(p.Path, i)
				one.Bytes, one.Percent = &p.Bytes, &p.Percent
				if i > 0 {
					one.Other, one.Left = nil, 0
				}
				if !yield(logDataOne{record.Origin{Row: int64(p.Line), Offset: p.Offset}, one}, nil) {
					return
				}
			}
		}
	}
}

// process sets the path of the program and its place in the list.
func (e *logDataEntry) process(path string, i int) {
	e.Path, e.Name, e.Rank = record.Path(path), record.Process(path[strings.LastIndexByte(path, '/')+1:]), int64(i+1)
}

// logDataMaxProcesses bounds the processes of one note.
const logDataMaxProcesses = 1 << 14

// logDataJSON reads the newer form: one object on each line.
func logDataJSON(in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for el, err := range from.Elements(in.File) {
			if err == nil && !el.IsObject() {
				err = fmt.Errorf("read note %d: it is no object", el.Number)
			}
			if err != nil {
				if in.Size == 0 {
					return // nothing was noted yet
				}
				if !yield(record.Record{}, fmt.Errorf("read statistics of the log: %w", err)) {
					return
				}
				continue
			}
			at := record.Origin{Row: el.Number, Offset: el.Offset}
			for e := range logDataObject(el.JSON) {
				if !yield(in.Record(at, e), nil) {
					return
				}
			}
		}
	}
}

// logDataObject yields the entries of one note.
func logDataObject(v from.JSON) iter.Seq[logDataEntry] {
	return func(yield func(logDataEntry) bool) {
		e := logDataEntry{Kind: "statistics"}
		var list from.JSON
		for key, m := range v.Members() {
			switch key {
			case "record":
				e.Kind = strings.TrimSuffix(strings.TrimPrefix(m.Text(), "logd "), " record")
			case "type":
				e.Type = m.Text()
			case "file":
				e.File = m.Text()
			case "client":
				e.Client = record.Path(m.Text())
			case "unixTime":
				n, ok := m.Int()
				if e.Time = epoch.Unix(n); !ok {
					e.TimeText = m.Text()
				}
			case "totalBytes":
				if n, ok := m.Int(); ok {
					e.Total = &n
				}
			case "processList":
				list = m
			default:
				e.Other = append(e.Other, record.KV{Key: key, Value: m.Text()})
			}
		}
		n := 0
		for p := range list.Items() {
			if n == logDataMaxProcesses {
				break
			}
			one := e
			if n > 0 {
				one.Other = nil
			}
			one.object(p, n)
			if n++; !yield(one) {
				return
			}
		}
		if n == 0 {
			yield(e)
		}
	}
}

// object reads one process of a note.
func (e *logDataEntry) object(p from.JSON, i int) {
	e.Other = append([]record.KV(nil), e.Other...)
	e.Rank = int64(i + 1)
	if !p.IsObject() {
		e.process(p.Text(), i)
		return
	}
	for key, m := range p.Members() {
		n, isInt := m.Int()
		switch {
		case key == "process":
			e.process(m.Text(), i)
		case isInt && (key == "bytes" || key == "sizeBytes"):
			e.Bytes = &n
		default:
			e.Other = append(e.Other, record.KV{Key: "processList/" + key, Value: m.Text()})
		}
	}
}
